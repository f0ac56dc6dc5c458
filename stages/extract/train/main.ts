/**
 * Learns the model of blocks that tells main text, and says how well it does on pages that it was
 * not learned from:
 *
 *     deno run -A stages/extract/train/main.ts DATA_DIR [--write]
 *
 * DATA_DIR has the form of trafilatura's evaluation set: `evaldata.json` with the segments that must
 * and must not be in each page's text, and the pages under `cache` and `eval`. `--write` keeps the
 * model that all pages give; without it, the model of each four fifths of them is tried on the rest,
 * by both engines.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { writeModel } from "../block_model.ts";
import { ENGINES } from "../document.ts";
import { blocksBy } from "../main_blocks.ts";
import { render } from "../render.ts";
import { type AnnotatedPage, normalize, readAnnotated } from "./annotated_pages.ts";
import { learn } from "./learn.ts";
import { readLikes } from "./likes.ts";
import { readWritten } from "./written_pages.ts";
import { Quality } from "./quality.ts";

const MODEL = new URL("../block_model.json", import.meta.url);
const FOLDS = 5;

/** Learns from all pages and keeps the model. */
async function write(pages: readonly AnnotatedPage[], likes: readonly AnnotatedPage[]) {
  const about = `Learned by stages/extract/train/main.ts from ${pages.length} annotated pages of ` +
    `trafilatura's evaluation set, and ${likes.length} written for it or of documentation that Debian ` +
    `installs.`;
  const model = writeModel(learn([...pages, ...likes]), about);
  await Deno.writeTextFile(MODEL, `${JSON.stringify(model, null, 2)}\n`);
}

/** Learns from all folds but one, and says how that reads the one. */
async function validate(folder: string, likes: readonly AnnotatedPage[]) {
  const read = await Promise.all(ENGINES.map((engine) => readAnnotated(folder, engine)));
  const total = ENGINES.map(() => new Quality());
  for (let fold = 0; fold < FOLDS; fold++) {
    const isIn = ({ url }: AnnotatedPage) => foldOf(url) === fold;
    const model = learn([...(read[0] ?? []).filter((page) => !isIn(page)), ...likes]);
    for (const [at, engine] of ENGINES.entries()) {
      const quality = new Quality();
      for (const page of read[at]?.filter(isIn) ?? []) {
        const text = normalize(render(blocksBy(model, page.content), "text"));
        quality.add(page, text);
        total[at]?.add(page, text);
      }
      console.log(`fold ${fold} ${engine} ${quality} (threshold ${model.threshold})`);
    }
  }
  for (const [at, engine] of ENGINES.entries()) console.log(`${engine} ${total[at]}`);
}

/** The fold of a page, by its address. */
function foldOf(url: string): number {
  let hash = 0;
  for (let at = 0; at < url.length; at++) hash = (Math.imul(hash, 31) + url.charCodeAt(at)) >>> 0;
  return (hash >>> 8) % FOLDS;
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, { boolean: ["write"] });
  const folder = flags._[0];
  if (folder === undefined) {
    throw new TypeError("Cannot learn: name the folder that holds evaldata.json");
  }
  const likes = [...await readLikes(), ...readWritten()];
  if (flags.write) await write(await readAnnotated(String(folder), "fast"), likes);
  else await validate(String(folder), likes);
}

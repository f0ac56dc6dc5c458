/**
 * How good is the text of pages that people have annotated, and how fast is it taken out, by `fast`
 * and `dom` beside Readability, Defuddle and what a Python has of trafilatura and resiliparse? Without
 * annotated pages: how fast is documentation read?
 *
 * @module
 */
import { parseArgs } from "node:util";
import { extractDocument, type ExtractEngine } from "../stages/extract/mod.ts";
import type { Page } from "../stages/types.ts";
import { exists } from "../model/durable.ts";
import { openNodePeers, openPythonPeers, type Peers } from "./extract_peers.ts";
import { judgeExtractors } from "./extract_quality.ts";
import { SWITCH, TEXT } from "./flags.ts";
import { median } from "./median.ts";

/** Documentation that Debian packages install; each that is there is read. */
const FOLDERS = [
  "/usr/share/doc/sqlite3",
  "/usr/share/doc/debian/FAQ/ja",
  "/usr/share/doc/debian-handbook/html/en-US",
  "/usr/share/doc/python3.11/html/library",
  "/usr/share/doc/postgresql-doc-15/html",
];
const ENGINES: readonly ExtractEngine[] = ["fast", "dom"];

/**
 * Runs `bench extract [FOLDER...] [--rounds N] [--pages N] [--python PROGRAM] [--alone] [--json]`.
 * A folder with `evaldata.json` is scored, beside others unless `--alone`, which takes Node with npm.
 * (The model has learned from trafilatura's pages: on those it is scored by cross-validation, with
 * stages/extract/train/main.ts.) Of other folders N pages each are read in N rounds.
 */
export async function run(args: string[]): Promise<void> {
  const options = { rounds: TEXT, pages: TEXT, python: TEXT, alone: SWITCH, json: SWITCH };
  const { values: flags, positionals } = parseArgs({ args, options, allowPositionals: true });
  const [annotated] = positionals;
  if (annotated !== undefined && await exists(`${annotated}/evaldata.json`)) {
    const result = await judge(annotated, { python: flags.python, isAlone: flags.alone === true });
    return showQuality(result, flags.json === true);
  }
  const rounds = Number(flags.rounds ?? 3);
  const folders = positionals.length > 0 ? positionals : FOLDERS;
  const pages: Page[] = [];
  for (const folder of folders) pages.push(...await htmlIn(folder, Number(flags.pages ?? 60)));
  if (pages.length === 0) {
    throw new Error(
      "Cannot bench: no .html file in the folders; install sqlite3-doc, or name another folder",
    );
  }
  const megabytes = pages.reduce((sum, { body }) => sum + body.byteLength, 0) / 1e6;
  const seconds: Record<ExtractEngine, number[]> = { fast: [], dom: [] };
  let agree = 0;
  for (let round = 0; round <= rounds; round++) {
    const texts = ENGINES.map((engine) => {
      const start = performance.now();
      const found = pages.map((page) => extractDocument(page, { engine }));
      // The first round warms up.
      if (round > 0) seconds[engine].push((performance.now() - start) / 1000);
      return found.map((result) => "text" in result ? result.text : result.reason);
    });
    agree = pages.filter((_, at) => texts[0]?.[at] === texts[1]?.[at]).length;
  }
  const speed = (engine: ExtractEngine) => ({
    megabytesPerSecond: megabytes / median(seconds[engine]),
    pagesPerSecond: pages.length / median(seconds[engine]),
  });
  const result = {
    pages: pages.length,
    megabytes,
    agree,
    fast: speed("fast"),
    dom: speed("dom"),
    ratio: median(seconds.dom) / median(seconds.fast),
  };
  console.log(flags.json ? JSON.stringify(result) : result);
}

/** Scores the pages of a folder. */
async function judge(
  folder: string,
  { python, isAlone }: { python: string | undefined; isAlone: boolean },
) {
  await using resources = new AsyncDisposableStack();
  const peers: Peers[] = [];
  if (!isAlone) {
    await Deno.mkdir("runs", { recursive: true });
    const installed = await Deno.makeTempDir({ dir: "runs", prefix: "bench-extract-" });
    resources.defer(() => Deno.remove(installed, { recursive: true }));
    peers.push(resources.use(await openNodePeers(await Deno.realPath(installed))));
  }
  if (python !== undefined) peers.push(resources.use(openPythonPeers(python)));
  return await judgeExtractors(folder, peers);
}

function showQuality(result: Awaited<ReturnType<typeof judge>>, isJson: boolean): void {
  if (isJson) return console.log(JSON.stringify(result));
  console.log(`${result.pages} pages, ${result.absent} absent`);
  console.table(result.extractors);
  console.log("Metadata that JSON-LD or Open Graph declare: found, and found without these");
  console.table(result.metadata);
}

/** The first `limit` pages of a folder by name; none where the folder is missing. */
async function htmlIn(folder: string, limit: number): Promise<Page[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (/\.html?$/.test(name)) names.push(name);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return await Promise.all(
    names.sort().slice(0, limit).map(async (name) => ({
      url: `file://${folder}/${name}`,
      contentType: "text/html",
      body: await Deno.readFile(`${folder}/${name}`),
      fetchedAt: "",
    })),
  );
}

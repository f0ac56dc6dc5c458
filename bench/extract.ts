/**
 * How fast is the text taken out of real pages, by `fast` and by `dom`, in the same run?
 *
 * @module
 */
import { parseArgs } from "node:util";
import { extractDocument, type ExtractEngine } from "../stages/extract/mod.ts";
import type { Page } from "../stages/types.ts";
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

/** Runs `bench extract [FOLDER...] [--rounds N] [--pages N] [--json]`; N pages of each folder. */
export async function run(args: string[]): Promise<void> {
  const options = { rounds: TEXT, pages: TEXT, json: SWITCH };
  const { values: flags, positionals } = parseArgs({ args, options, allowPositionals: true });
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

/**
 * Crawlee's CheerioCrawler under Node, installed into a folder of its own: nothing else needs it.
 *
 * @module
 */
const PACKAGE = "crawlee@3.18.1";

/** Reads every page's main text and follows every link of its host. */
const SCRIPT = `
import { CheerioCrawler, Configuration, log } from "crawlee";
const [start, concurrency] = process.argv.slice(2);
log.setLevel(log.LEVELS.ERROR);
let pages = 0;
const crawler = new CheerioCrawler({
  minConcurrency: Number(concurrency),
  maxConcurrency: Number(concurrency),
  async requestHandler({ $, enqueueLinks }) {
    if ($("main").text() === "") throw new Error("no text");
    pages++;
    await enqueueLinks();
  },
}, new Configuration({ persistStorage: false }));
const begun = performance.now();
await crawler.run([start]);
console.log(JSON.stringify({ pages, ms: performance.now() - begun }));
`;

async function command(name: string, args: string[], cwd: string): Promise<string> {
  const { code, stdout } = await new Deno.Command(name, { args, cwd, stderr: "inherit" }).output();
  if (code !== 0) throw new Error(`Cannot run ${name} ${args[0]}: it ended with ${code}`);
  return new TextDecoder().decode(stdout).trim().split("\n").at(-1) ?? "";
}

/** Installs Crawlee in `folder`, and crawls with it what can be reached from `start`. */
export async function runCrawlee(
  { start, concurrency, folder }: { start: string; concurrency: number; folder: string },
): Promise<{ pages: number; ms: number }> {
  await Deno.writeTextFile(`${folder}/package.json`, `{"private": true}`);
  await Deno.writeTextFile(`${folder}/crawl.mjs`, SCRIPT);
  await command("npm", ["install", "--no-audit", "--no-fund", PACKAGE], folder);
  return JSON.parse(await command("node", ["crawl.mjs", start, `${concurrency}`], folder));
}

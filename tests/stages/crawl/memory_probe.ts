/**
 * Crawls a site and prints, as JSON, how many bytes lived in memory after so many pages. Run by
 * memory_test.ts in a process of its own.
 */
import { crawl, openFrontier } from "../../../stages/crawl/mod.ts";

/** With `--v8-flags=--expose-gc`. */
declare const gc: () => void;

const [start = "", path = "", ...marks] = Deno.args;
using frontier = openFrontier(path);
frontier.seed([start]);
const live: number[] = [];
let pages = 0;
for await (const { url } of crawl({ frontier, allowOrigins: [new URL(start).origin] })) {
  if (++pages % 100 === 0) frontier.acknowledge(url);
  if (pages !== Number(marks[live.length])) continue;
  // What is only weakly held goes in the second round.
  gc();
  await new Promise((resolve) => setImmediate(resolve));
  gc();
  const { heapUsed, external } = Deno.memoryUsage();
  live.push(heapUsed + external);
}
// deno-lint-ignore no-console -- what this process is run for
console.log(JSON.stringify({ pages, live }));

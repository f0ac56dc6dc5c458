import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { openOutput } from "../../../pipeline/ingest/crawl_files.ts";
import { openInFlightPages } from "../../../pipeline/ingest/in_flight_pages.ts";
import { openFrontier } from "../../../stages/crawl/mod.ts";
import { openFolder } from "../../commands/program.ts";

const url = (at: number) => `http://a.test/${at}`;

/** A frontier whose pages are all handed on, and the tracker of them. */
async function openCrawl(folder: string, pages: number) {
  const path = join(folder, "documents.jsonl");
  const frontier = openFrontier(":memory:");
  const output = await openOutput(path, frontier);
  frontier.seed(Array.from({ length: pages }, (_, at) => url(at)));
  const inFlight = openInFlightPages({ frontier, output, path, syncArchive: async () => {} });
  for (let entry = frontier.pick(); entry !== undefined; entry = frontier.pick()) {
    frontier.complete(entry, { outcome: "page", links: [] });
    inFlight.begin(entry.url, { positions: {} });
  }
  return {
    inFlight,
    output,
    done: () => Array.from(frontier.export()).filter(({ state }) => state === "done").length,
    sure: () => frontier.positions()[path],
    [Symbol.dispose]() {
      output[Symbol.dispose]();
      frontier[Symbol.dispose]();
    },
  };
}

Deno.test("a page is acknowledged when it and all before it have ended", async () => {
  await using folder = await openFolder();
  using crawl = await openCrawl(folder.path, 5);
  const { inFlight, output } = crawl;
  await output.append(new Uint8Array(10));
  inFlight.end(url(0));
  inFlight.end(url(2)); // dropped early, while the page before is still being read
  await inFlight.acknowledgeIfMany();
  assertEquals(crawl.done(), 0, "too few for a batch");
  await inFlight.finish({ all: false });
  assertEquals([crawl.done(), crawl.sure()], [1, 10]);
  inFlight.end(url(1));
  await inFlight.finish({ all: false });
  assertEquals(crawl.done(), 3);
  await inFlight.finish({ all: true });
  assertEquals(crawl.done(), 5);
});

Deno.test("a thousand pages without a document are acknowledged, a megabyte of documents too", async () => {
  await using folder = await openFolder();
  using crawl = await openCrawl(folder.path, 1500);
  const { inFlight, output } = crawl;
  for (let at = 0; at < 1000; at++) {
    inFlight.end(url(at));
    if (at === 999) assertEquals(crawl.done(), 0);
    await inFlight.acknowledgeIfMany();
  }
  assertEquals(crawl.done(), 1000);
  await output.append(new Uint8Array(2 ** 20));
  inFlight.end(url(1000));
  await inFlight.acknowledgeIfMany();
  assertEquals([crawl.done(), crawl.sure()], [1001, 2 ** 20]);
});

/**
 * Pages through workers: order, faults, limits. `CLLM_PAGES` says how many hostile pages, `CLLM_SEED`
 * repeats them.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { isBarrier } from "../../../stages/barrier.ts";
import { NO_PERMISSIONS } from "../../../stages/extract/extractors.ts";
import {
  ENGINES,
  extract,
  extractDocument,
  type ExtractEngine,
  openExtractors,
} from "../../../stages/extract/mod.ts";
import { type Drop, StageMeter } from "../../../stages/meter.ts";
import type { Barrier, Document, Page } from "../../../stages/types.ts";
import { hostilePage } from "./hostile_html.ts";
import { tokenized } from "../../tokenizer/standard_tokens.ts";

const PAGES = Number(Deno.env.get("CLLM_PAGES") ?? 600);
const SEED = Number(Deno.env.get("CLLM_SEED") ?? 4);

const page = (html: string, url = "https://example.org/", contentType = "text/html"): Page => ({
  url,
  contentType,
  body: new TextEncoder().encode(html),
  fetchedAt: "2024-01-01T00:00:00.000Z",
});

const startFaulty = () =>
  new Worker(new URL("./faulty_extract_worker.ts", import.meta.url), NO_PERMISSIONS);

/** What became of each page, in the order in which it was heard. */
async function outcomes(
  pages: readonly Page[],
  options: Parameters<typeof openExtractors>[0],
): Promise<string[]> {
  using extractors = openExtractors(options);
  const heard: string[] = [];
  const meter = new StageMeter("extract", ({ item, reason }) => heard.push(`${item} ${reason}`));
  const documents = ReadableStream.from(pages).pipeThrough(extract({ extractors, meter }));
  for await (const { url, text } of documents) heard.push(`${url} ${text}`);
  const { itemsIn, itemsOut, dropped } = meter.counts();
  const drops = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  assertEquals([itemsIn, itemsOut + drops], [pages.length, pages.length]);
  return heard;
}

Deno.test("what a document declares of itself goes through the workers", async () => {
  const declared = { title: "Title", author: "Author", date: "2024-02-03", description: "About" };
  using extractors = openExtractors({});
  const document = await extractors.extract({ ...page("text", "a:b", "text/plain"), declared });
  const { title, author, date, description } = document as Partial<Document>;
  assertEquals({ title, author, date, description }, declared);
});

Deno.test("documents and their order are the same without workers and with one, two or three", async () => {
  const barrier: Barrier = { cursors: { read: { pages: 3 } } };
  const pages: (Page | Barrier)[] = Array.from(
    { length: 60 },
    (_, at) =>
      at === 20
        ? barrier
        : at % 7 === 0
        ? page(`<p>${`Page ${at} is a long one. `.repeat(20_000)}</p>`, `https://example.org/${at}`)
        : at % 11 === 0
        ? page("%PDF", `https://example.org/${at}`, "application/pdf")
        : page(hostilePage(1, at), `https://example.org/${at}`),
  );
  const run = async (workers: number) => {
    using extractors = openExtractors({ engine: "fast", workers: Math.max(1, workers) });
    const drops: Drop[] = [];
    const meter = new StageMeter("extract", (drop) => drops.push(drop));
    const stage = extract<Barrier>({
      engine: "fast",
      meter,
      ...(workers > 0 ? { extractors } : {}),
    });
    return [await Array.fromAsync(ReadableStream.from(pages).pipeThrough(stage)), drops];
  };
  const alone = await run(0);
  assert(alone[0]?.some((value) => isBarrier(value as object & Barrier)));
  for (const workers of [1, 2, 3]) assertEquals(await run(workers), alone, `${workers} workers`);
});

Deno.test("a page that hangs, kills or leaves its worker is dropped, and the rest goes on in order", async () => {
  const names = ["a", "crash", "b", "hang", "c", "leave", "d"];
  const pages = names.map((name) => page(`<p>${name}</p>`, name));
  assertEquals(await outcomes(pages, { workers: 2, maxPageMs: 800, start: startFaulty }), [
    "a a",
    "crash unreadable",
    "b b",
    "hang timeout",
    "c c",
    "leave timeout",
    "d d",
  ]);
});

Deno.test("a page over the time limit is dropped by name", async () => {
  // Some seconds for the parser of the dom engine, and within the limits on markup.
  const slow = page("<p><b>x</b>".repeat(60_000), "https://example.org/slow");
  using extractors = openExtractors({ workers: 1, maxPageMs: 1 });
  assertEquals(await extractors.extract(slow), {
    item: "https://example.org/slow",
    reason: "timeout",
    detail: "its extraction took longer than 1 ms",
  });
});

Deno.test("workers have no permissions", async () => {
  using extractors = openExtractors({ workers: 1, start: startFaulty });
  const result = await extractors.extract(page(" ".repeat(200), "permissions", "text/plain"));
  assertEquals("text" in result && result.text, "granted: none");
});

Deno.test("closing the pool fails what waits, and what comes after", async () => {
  const extractors = openExtractors({ workers: 1, start: startFaulty });
  const waiting = assertRejects(() => extractors.extract(page("<p>x", "hang")), Error, "closed");
  extractors[Symbol.dispose]();
  await waiting;
  await assertRejects(() => extractors.extract(page("<p>x")), Error, "closed");
  for (const workers of [0, 1.5]) {
    try {
      openExtractors({ workers });
      throw new Error("opened");
    } catch (error) {
      assert(error instanceof RangeError, String(error));
    }
  }
});

for (const engine of ENGINES) {
  Deno.test(`${engine}: pages made to be heavy give their text or a reason`, async () => {
    const repeat = (piece: string, megabytes: number) =>
      piece.repeat(megabytes * 1e6 / piece.length);
    const cases: [name: string, html: string, outcome: RegExp][] = [
      ["nested", "<div>".repeat(100_000), /malformed/],
      ["nested and closed", "<b>".repeat(100_000) + "x" + "</b>".repeat(100_000), /malformed/],
      ["attributes", `<p ${"a=1 ".repeat(100_000)}>x`, /malformed/],
      ["long text", `<p>${repeat("text ", 20)}`, /text text/],
      ["long text with references", `<p>${repeat("a&amp;b ", 20)}`, /a&b|malformed/],
      ["no end of a comment", `<p>x<!--${repeat("- ", 20)}`, /^x$/],
      ["no end of a tag", `<p>x</p><a title="${repeat("a ", 20)}`, /^x$/],
      ["colspan", "<table><tr><td colspan=1000000000 rowspan=1000000000>x</table>", /^x$/],
      ["stray end tags", `<p>x${repeat("</i>", 20)}`, /^x$/],
      ["links never closed", `<p>${repeat("<a>x", 4)}`, /malformed|no-text/],
      ["blanks", `<p>x${repeat(" \n", 20)}y`, /^x y$/],
    ];
    using extractors = openExtractors({ engine, workers: 1, maxPageMs: 60_000 });
    for (const [name, html, outcome] of cases) {
      const result = await extractors.extract(page(html, name));
      const told = "text" in result ? result.text.slice(0, 100) : result.reason;
      assert(outcome.test(told), `${name}: ${told}`);
    }
  });

  Deno.test(`${engine}: ${PAGES} hostile pages are each kept or dropped with a reason (CLLM_SEED=${SEED})`, async () => {
    const pages = Array.from(
      { length: PAGES },
      (_, index) => page(hostilePage(SEED, index), `${index}`),
    );
    const heard = await outcomes(pages, { engine, workers: 2 });
    for (const [index, outcome] of heard.entries()) {
      assert(outcome.startsWith(`${index} `), `page ${index}: ${outcome}`);
      const result = extractDocument(pages[index] as Page, { engine });
      if ("text" in result) checkText(result.text, { engine, index });
      else assert(["no-text", "malformed"].includes(result.reason), `page ${index}: ${outcome}`);
      assertEquals(outcome, `${index} ${"text" in result ? result.text : result.reason}`);
    }
  });
}

/** What is kept of a page stands in it, in this order, by the account of another tokenizer. */
function checkText(
  text: string,
  { engine, index }: { engine: ExtractEngine; index: number },
): void {
  const html = hostilePage(SEED, index);
  // Inside SVG and MathML other rules hold; the dom engine's parser has rules of its own.
  if (engine === "dom" || /<(svg|math)/i.test(html)) return;
  const source = tokenized(html).filter((token) => token.startsWith("text "))
    .map((token) => token.slice(5)).join("").normalize("NFC").replace(/\s+/g, "");
  let at = 0;
  for (const character of text.replace(/\s+/g, "")) {
    at = source.indexOf(character, at) + 1;
    assert(at > 0, `page ${index}: ${JSON.stringify(text)} is not in ${JSON.stringify(html)}`);
  }
}

import { assertEquals } from "@std/assert";
import { join } from "node:path";
import {
  cleanText,
  NO_REFINING,
  openNearIndex,
  openSeenTexts,
  openSiteLines,
  refine,
  type RefineOptions,
} from "../../../stages/refine/mod.ts";
import { type Drop, StageMeter } from "../../../stages/meter.ts";
import type { Document } from "../../../stages/types.ts";
import { prose } from "../../commands/corpus.ts";
import { scratchDir } from "../scratch.ts";

function document(id: string, text: string): Document {
  return { id, url: `http://a/${id}`, title: "", text, lang: "en", fetchedAt: "" };
}

const long = (word: string) => `${word} `.repeat(60).trim();

Deno.test("text is brought into one form", () => {
  const cases: [string, string][] = [
    ["", ""],
    ["plain", "plain"],
    ["a\r\nb\rc\u2028d", "a\nb\nc\nd"],
    ["Cafe\u0301", "Café"],
    ["one\u00a0two\u3000three", "one two three"],
    ["bell\u0007 del\u007f nul\u0000", "bell del nul"],
    ["\ufeffmark soft\u00adhyphen", "mark softhyphen"],
    ["end  \t\n\n\n\n  indented", "end\n\n  indented"],
    ["\n\ntop and bottom\n\n", "top and bottom"],
    ["lone \ud83d surrogate", "lone  surrogate"],
    ["👩‍👩‍👧", "👩‍👩‍👧"],
  ];
  for (const [raw, clean] of cases) {
    assertEquals(cleanText(raw), clean);
    assertEquals(cleanText(clean), clean);
  }
});

Deno.test("cleaning a long run of spaces takes linear time", () => {
  // A quadratic pattern would need minutes for this.
  assertEquals(cleanText(`a${" ".repeat(4_000_000)}b`).length, 4_000_002);
});

Deno.test("empty, short and repeated texts are dropped with their reason", async () => {
  const drops: Drop[] = [];
  const meter = new StageMeter("refine", (drop) => drops.push(drop));
  using seen = openSeenTexts(":memory:");
  const kept = await Array.fromAsync(
    ReadableStream.from([
      document("1", long("one")),
      document("2", "\u0000 \n"),
      document("3", "short"),
      document("4", `${long("one")}  \r\n`),
      document("5", long("five")),
    ]).pipeThrough(refine({ seen, meter })),
  );
  assertEquals(kept.map(({ id }) => id), ["1", "5"]);
  assertEquals(drops.map(({ item, reason, detail }) => [item, reason, detail]), [
    ["http://a/2", "empty", "no text after cleaning"],
    ["http://a/3", "too-short", "5 characters, --min-chars is 200"],
    ["http://a/4", "duplicate", "same text as document 1"],
  ]);
  const counts = meter.counts();
  assertEquals([counts.itemsIn, counts.itemsOut], [5, 2]);
});

Deno.test("after a restart a document is not its own duplicate, another one still is", async () => {
  const path = join(await scratchDir(), "seen.sqlite");
  const run = async (...documents: Document[]): Promise<string[]> => {
    using seen = openSeenTexts(path);
    const kept = ReadableStream.from(documents).pipeThrough(refine({ seen }));
    return (await Array.fromAsync(kept)).map(({ id }) => id);
  };
  assertEquals(await run(document("1", long("one"))), ["1"]);
  assertEquals(await run(document("2", long("one")), document("1", long("one"))), ["1"]);
});

Deno.test("the steps of single texts, then those of the corpus, leave what all steps leave", async () => {
  const texts = Array.from({ length: 120 }, (_, i) => {
    const own = prose(i % 60, { words: 80 });
    const end = i % 7 === 0 ? "Write to a@b.example." : "";
    return `Menu | Home\n${own}${i % 11 === 0 ? ` Edition ${i}.` : ""}\n${end}\nEnd of page ${
      i % 3
    }`;
  });
  const documents = texts.map((text, i) => document(String(i), text));
  for (const repeatedLines of [0, 3]) {
    const settings = {
      ...NO_REFINING,
      maskPersonalData: true,
      nearDuplicates: true,
      repeatedLines,
    };
    const pass = async (input: Document[], only?: RefineOptions["only"]) => {
      using seen = openSeenTexts(":memory:");
      using near = openNearIndex(":memory:");
      using lines = repeatedLines > 0 ? openSiteLines(":memory:", { pages: 3 }) : undefined;
      const parts = { seen, near, ...(lines ? { lines } : {}), settings, minChars: 50, only };
      return await Array.fromAsync(ReadableStream.from(input).pipeThrough(refine(parts)));
    };
    const whole = await pass(documents);
    assertEquals([whole.length > 20, whole.length < 100], [true, true]);
    assertEquals(await pass(await pass(documents, "text"), "corpus"), whole);
  }
});

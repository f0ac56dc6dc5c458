/** What a whole site shows of its pages: what it repeats goes, prose among text comes back. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { isBarrier } from "../../../stages/barrier.ts";
import { extractDocument } from "../../../stages/extract/mod.ts";
import { openHeldPages, site } from "../../../stages/site/mod.ts";
import type { Barrier, Document } from "../../../stages/types.ts";
import { scratchDir } from "../scratch.ts";

const NOUNS = ["wheel", "brook", "ferry", "lantern", "orchard", "quarry", "harbour", "kiln"];

/** A page of the site about one thing; the fourth has a link for a sentence. */
const htmlOf = (noun: string, at: number) =>
  `<body class="page-${noun}"><div class="main"><h1>The ${noun}</h1><h2>Use</h2>
<p>The ${noun} is used from spring to autumn, and in mild winters all the year round.</p>
<p>Whoever uses the ${noun} first in a year brings bread for everybody who comes after.</p>
<p>${at === 3 ? "<a href=k>See how the kiln and its oldest flue are used in winter</a>." : ""}
Two people are needed for the ${noun}, three when the wind turns to the north.</p>
<p>${at === 3 ? "<a href=m>See also what the miller wrote of the long dry summers</a>." : ""}</p>
<p>Whether the ${noun} is kept dry matters more than how old it is, as the miller found.</p>
<p>This page was last changed on ${at + 10} March 201${at} by the people of the valley.</p>
<p>The valley thanks all who help.</p></div></body>`;

const documents = NOUNS.map((noun, at): Document => {
  const result = extractDocument({
    url: `http://valley.example/${noun}`,
    contentType: "text/html",
    body: new TextEncoder().encode(htmlOf(noun, at)),
    fetchedAt: "",
  }, { layout: true });
  assert(!("reason" in result));
  return result;
});

/** The texts of the documents by address. */
async function textsOf(given: readonly Document[]): Promise<Map<string, string>> {
  using held = openHeldPages(":memory:");
  const out = await Array.fromAsync(ReadableStream.from(given).pipeThrough(site({ held })));
  assertEquals(out.map(({ url }) => url), given.map(({ url }) => url));
  assert(out.every(({ layout }) => layout === undefined));
  return new Map(out.map(({ url, text }) => [url, text]));
}

Deno.test("a site's footer goes, whatever its dates; headings that name text stay", async () => {
  assert(documents.every(({ text }) => text.includes("last changed") && text.includes("thanks")));
  for (const [url, text] of await textsOf(documents)) {
    const noun = url.split("/").pop();
    assertEquals(text.split("\n\n").slice(0, 2), [`The ${noun}`, "Use"]);
    assert(text.includes("brings bread") && text.includes("as the miller found."), text);
    assert(!text.includes("last changed") && !text.includes("thanks"), text);
  }
});

Deno.test("prose that was left out comes back where most prose of its place is text", async () => {
  const [, , , lantern] = documents;
  const lost = "See also what the miller wrote of the long dry summers.";
  assert(lantern && !lantern.text.includes(lost));
  assert((await textsOf(documents)).get(lantern.url)?.includes(lost));
});

Deno.test("prose of a rare place comes back where nearly all that is near is text", async () => {
  const sixth = async (taken: number) => {
    const given = Array.from({ length: 20 }, (_, i) => {
      const isRare = i === 5;
      const part = { key: i, place: isRare ? 2 : 1, near: 3, text: `Page ${"x".repeat(4)}.` };
      const isTaken = i < taken && !isRare;
      const about = { id: `${i}`, url: `http://a/${i}`, title: "", lang: "en", fetchedAt: "" };
      return {
        ...about,
        text: part.text,
        layout: { few: [i], parts: [{ ...part, isTaken, leads: -1 }] },
      };
    });
    return (await textsOf(given)).get("http://a/5");
  };
  assertEquals([await sixth(20), await sixth(17)], ["Page xxxx.", ""]);
});

Deno.test("the texts do not depend on the order of the pages", async () => {
  const expected = await textsOf(documents);
  for (const given of [documents.toReversed(), [...documents.slice(5), ...documents.slice(0, 5)]]) {
    const found = await textsOf(given);
    for (const [url, text] of expected) assertEquals(found.get(url), text);
  }
});

Deno.test("four pages show nothing, and documents without a layout pass unchanged", async () => {
  const [first] = documents;
  assert(first);
  const found = await textsOf(documents.slice(0, 4));
  assertEquals(found.get(first.url), first.text);
  const { layout: _, ...plain } = first;
  assertEquals([...await textsOf([plain])], [[plain.url, plain.text]]);
});

Deno.test("a session that was killed goes on from what is on the disk, to the same texts", async () => {
  const path = join(await scratchDir(), "held.sqlite");
  const barrier: Barrier = { cursors: { read: 3 } };
  let cursor: unknown;
  const onDisk = new Set<string>();
  {
    using held = openHeldPages(path);
    const stream = ReadableStream.from([
      ...documents.slice(0, 3),
      barrier,
      ...documents.slice(3, 5),
    ])
      .pipeThrough(site<Document | Barrier>({ held, onHeld: (url) => onDisk.add(url) }));
    const reader = stream.getReader();
    const { value } = await reader.read();
    assert(value && isBarrier(value));
    assertEquals(value.cursors, { read: 3, site: { documents: 3 } });
    cursor = value.cursors.site;
    assertEquals(onDisk.size, 3);
    await reader.cancel("killed");
  }
  using held = openHeldPages(path, cursor);
  // One that is on the disk comes again, and one in another form.
  const [first, second] = documents as [Document, Document];
  const other = { ...second, text: "", layout: { few: [], parts: [] } };
  const again = [other, first, second];
  const rest = documents.filter(({ url }) => !onDisk.has(url));
  const out = await Array.fromAsync(
    ReadableStream.from([...again, ...rest]).pipeThrough(site({ held })),
  );
  assertEquals(new Map(out.map(({ url, text }) => [url, text])), await textsOf(documents));
});

Deno.test("a database that has lost documents is refused", () => {
  assertThrows(() => openHeldPages(":memory:", { documents: 2 }), Error, "0 of the 2 documents");
});

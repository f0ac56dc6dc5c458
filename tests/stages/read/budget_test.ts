import { assertEquals } from "@std/assert";
import { parquetWriteBuffer } from "hyparquet-writer";
import { gzipSync } from "node:zlib";
import { withinBudget } from "../../../stages/read/sandboxed/budget.ts";
import type { Piece } from "../../../stages/read/sandboxed/task.ts";
import { StageMeter } from "../../../stages/meter.ts";
import { read } from "../../../stages/read/mod.ts";
import { archive, NAMESPACES, naming, relations } from "./office_parts.ts";
import { scratchDir } from "../scratch.ts";

/** Bytes and number of the pages in a file, and the reasons of drops. */
async function readingOf(name: string, content: Uint8Array) {
  const path = `${await scratchDir()}/${name}`;
  await Deno.writeFile(path, content);
  const dropped: string[] = [], details: string[] = [];
  const meter = new StageMeter("read", ({ reason, detail }) => {
    dropped.push(reason);
    details.push(detail);
  });
  let bytes = 0, pages = 0;
  for await (const { body } of read({ paths: [path], meter })) {
    bytes += body.byteLength;
    pages++;
  }
  return { bytes, pages, dropped, details };
}

const LONG = "word ".repeat(200_000);
const times = (count: number, text: string) => Array.from({ length: count }, () => text).join("");

Deno.test("a chapter or slide that is named many times comes once", async () => {
  const epub = archive({
    mimetype: "application/epub+zip",
    "META-INF/container.xml": '<container><rootfile full-path="a.opf"/></container>',
    "a.opf": `<package><manifest><item id="c" href="c.xhtml"/></manifest><spine>${
      times(25_000, '<itemref idref="c"/>')
    }</spine></package>`,
    "c.xhtml": `<html><body><p>${LONG}</p></body></html>`,
  });
  const book = await readingOf("a.epub", epub);
  assertEquals([book.pages, book.dropped], [1, []]);
  const pptx = archive({
    ...naming(
      "ppt/presentation.xml",
      "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
    ),
    "ppt/presentation.xml": `<p:presentation ${NAMESPACES}>${
      times(25_000, '<p:sldId id="1" r:id="r1"/>')
    }</p:presentation>`,
    "ppt/_rels/presentation.xml.rels": relations("r1 slide s.xml"),
    "ppt/s.xml": `<p:sld ${NAMESPACES}><a:p><a:r><a:t>${LONG}</a:t></a:r></a:p></p:sld>`,
  });
  const talk = await readingOf("a.pptx", pptx);
  assertEquals([talk.bytes < 1.1 * LONG.length, talk.dropped], [true, []]);
});

Deno.test("what is past the bounds of a document is dropped as too large", async () => {
  // Many ids for one chapter, and ids for none.
  const items = Array.from({ length: 100 }, (_, at) => `<item id="c${at}" href="c.xhtml"/>`).join(
    "",
  );
  const refs = Array.from({ length: 100 }, (_, at) => `<itemref idref="c${at}"/>`).join("");
  const none = Array.from({ length: 21_000 }, (_, at) => `<itemref idref="x${at}"/>`).join("");
  for (const [spine, last] of [[refs, "too-large"], [none, "too-large"]] as const) {
    const { bytes, dropped } = await readingOf(
      "a.epub",
      archive({
        mimetype: "application/epub+zip",
        "META-INF/container.xml": '<container><rootfile full-path="a.opf"/></container>',
        "a.opf": `<package><manifest>${items}</manifest><spine>${spine}</spine></package>`,
        "c.xhtml": `<html><body><p>${LONG}</p></body></html>`,
      }),
    );
    assertEquals([dropped.at(-1), bytes <= 64 * 2 ** 20], [last, true]);
  }
});

Deno.test("a page of a table is held to the cap, whatever it says of its size", async () => {
  const bomb = gzipSync(new Uint8Array(300 * 2 ** 20));
  const table = parquetWriteBuffer({
    columnData: [{ name: "text", data: ["a", "b"], type: "STRING" }],
    codec: "GZIP",
    compressors: { GZIP: () => bomb },
  });
  // The size that the page says is the writer's own; what it unpacks to is more.
  const { pages, details } = await readingOf("a.parquet", new Uint8Array(table));
  assertEquals([pages, details], [0, ["a page of it unpacks to more than it says"]]);
});

Deno.test("the bounds count bytes and pieces, and what came before them stays", async () => {
  async function* pieces(): AsyncGenerator<Piece> {
    for (let at = 0; at < 10; at++) {
      yield { part: `${at}`, contentType: "text/plain", body: new Uint8Array(10) };
    }
  }
  for (
    const [maxBytes, maxPieces, expected] of [[100, 10, 10], [99, 10, 9], [100, 3, 3]] as const
  ) {
    let count = 0;
    let error = "";
    try {
      for await (const _ of withinBudget(pieces(), { maxBytes, maxPieces })) count++;
    } catch (failure) {
      error = failure instanceof Error ? failure.message : "";
    }
    assertEquals([count, error !== ""], [expected, expected < 10]);
  }
});

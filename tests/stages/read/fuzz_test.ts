import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { warcResponse } from "../../../stages/crawl/mod.ts";
import { extractDocument } from "../../../stages/extract/mod.ts";
import { type Drop, StageMeter } from "../../../stages/meter.ts";
import { read } from "../../../stages/read/mod.ts";
import { mutate } from "../mutate.ts";
import { scratchDir } from "../scratch.ts";

/** Mutated files; `deno task soak` reads a thousand. */
const FILES = Number(Deno.env.get("CLLM_MUTATIONS") ?? 60);

const FIXTURES = new URL("../../fixtures/", import.meta.url);
const fixture = (name: string) => Deno.readFileSync(new URL(name, FIXTURES));

const sentence = (n: number) => `This is text number ${n}, and it is as long as a sentence is. `;
const jsonl = Buffer.from(
  Array.from({ length: 40 }, (_, n) => `${JSON.stringify({ text: sentence(n).repeat(5) })}\n`).join(
    "",
  ),
);
const csv = Buffer.from(
  `id,text\n${Array.from({ length: 40 }, (_, n) => `${n},"${sentence(n)}"\n`).join("")}`,
);
const records = Array.from({ length: 12 }, (_, n) =>
  warcResponse({
    url: `https://example.org/${n}`,
    contentType: "text/html",
    body: new TextEncoder().encode(`<p>${sentence(n).repeat(4)}</p>`),
    fetchedAt: "2024-01-01T00:00:00.000Z",
    response: { status: 200, headers: [["Content-Type", "text/html"]] },
  }));
const plainWarc = Buffer.concat(records.map((record) => gunzipSync(record)));

/** What is put wrong, by the ending of its name. */
const SOURCES: readonly (readonly [ending: string, bytes: Uint8Array])[] = [
  ["warc.gz", Buffer.concat(records)],
  ["warc", plainWarc],
  ["warc.zst", zstdCompressSync(plainWarc)],
  ["jsonl", jsonl],
  ["jsonl.gz", gzipSync(jsonl)],
  ["txt.gz", Buffer.concat([gzipSync(jsonl), gzipSync(csv)])],
  ["csv", csv],
  ["jsonl.zst", zstdCompressSync(jsonl)],
  ["parquet", fixture("documents/rows.snappy.parquet")],
  ["zstd.parquet", fixture("documents/rows.zstd.parquet")],
  ["docx", fixture("documents/letter.docx")],
  ["xlsx", fixture("documents/stock.xlsx")],
  ["pptx", fixture("documents/talk.pptx")],
  ["odt", fixture("documents/essay.odt")],
  ["epub", fixture("documents/book.epub")],
  ["eml", fixture("documents/letter.eml")],
  ["pdf", fixture("documents/lighthouses.pdf")],
  ["txt", fixture("charset/ja.shift_jis.txt")],
];

Deno.test(`each of ${FILES} mutated files is read or dropped with a reason`, async () => {
  const dir = await scratchDir();
  const outcomes = new Map<string, { pages: number; drops: Omit<Drop, "stage">[] }>();
  for (let number = 0; number < FILES; number++) {
    const [ending, bytes] = SOURCES[number % SOURCES.length] ?? ["", new Uint8Array()];
    const name = `${number}.${ending}`;
    await Deno.writeFile(`${dir}/${name}`, mutate(bytes, number));
    outcomes.set(name, { pages: 0, drops: [] });
  }
  /** Whose page or drop it is; a page of a WARC file has an address of its own. */
  const outcomeOf = (name: string) => {
    const outcome = outcomes.get(name.replace(/#.*/, "").split("/").at(-1) ?? "");
    assert(outcome, `${name} is the name of no file`);
    return outcome;
  };
  const onDrop = (drop: Omit<Drop, "stage">) => void outcomeOf(drop.item).drops.push(drop);
  const meter = new StageMeter("read", onDrop);
  let pages = 0;
  for await (const page of read({ paths: [dir], meter, maxDocumentMs: 10_000 })) {
    pages++;
    const outcome = outcomeOf(page.warc?.file ?? page.url);
    const found = extractDocument(page);
    if ("reason" in found) outcome.drops.push(found);
    else outcome.pages++;
  }
  const lost = [...outcomes].filter(([, { pages, drops }]) => pages + drops.length === 0);
  assertEquals(lost.map(([name]) => name), [], "neither read nor dropped");
  for (const [name, { drops }] of outcomes) {
    for (const { reason, detail } of drops) assert(detail !== "", `${name}: ${reason}`);
  }
  const counts = meter.counts();
  assertEquals(counts.itemsOut, pages);
  // Files are of many records: where nothing at all is read any more, too much is given up.
  assert([...outcomes.values()].filter(({ pages }) => pages > 0).length > FILES / 3);
  if (Deno.env.has("CLLM_MUTATIONS")) {
    const reasons: Record<string, number> = {};
    for (const { drops } of outcomes.values()) {
      for (const { reason } of drops) reasons[reason] = (reasons[reason] ?? 0) + 1;
    }
    console.log(`${pages} pages of ${FILES} files; dropped`, reasons);
  }
});

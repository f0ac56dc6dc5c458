import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { journal, openJournal } from "../../../stages/journal/mod.ts";
import type { Document } from "../../../stages/types.ts";
import { scratchDir } from "../scratch.ts";

function document(index: number, text = `Text of document ${index}. “é𝒳”`): Document {
  const id = index.toString(16).padStart(16, "0");
  return { id, url: `http://a/${index}`, title: "t", text, lang: "en", fetchedAt: "" };
}

const documents = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => document(from + i));

/** Small pieces, so that a few documents make many members and files. */
const SMALL = { flushBytes: 300, segmentBytes: 500 };

async function write(dir: string, list: Document[]): Promise<void> {
  await using corpus = await openJournal({ dir, ...SMALL });
  for (const item of list) await corpus.append(item);
}

const names = async (dir: string) =>
  (await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name).sort();

Deno.test("what is appended is read back from any index, over members and files", async () => {
  const dir = await scratchDir();
  const list = documents(50);
  await write(dir, list);
  await using corpus = await openJournal({ dir, ...SMALL });
  assertEquals(corpus.count, 50);
  const utf8 = (text: string) => new TextEncoder().encode(text).length;
  assertEquals(corpus.bytes, list.reduce((sum, { text }) => sum + utf8(text), 0));
  assertEquals((await names(dir)).length > 2, true);
  for (const from of [0, 1, 7, 49, 50, 99]) {
    assertEquals(await Array.fromAsync(corpus.documents({ from })), list.slice(from));
  }
});

Deno.test("a file is plain gzip of JSON lines", async () => {
  const dir = await scratchDir();
  await write(dir, documents(3));
  const text = gunzipSync(await Deno.readFile(join(dir, "000000.jsonl.gz"))).toString();
  assertEquals(text, documents(3).map((item) => `${JSON.stringify(item)}\n`).join(""));
});

Deno.test("a write torn at any byte is cut off and the journal goes on", async () => {
  const dir = await scratchDir();
  await using corpus = await openJournal({ dir });
  for (const item of documents(2)) await corpus.append(item);
  await corpus.flush();
  const path = join(dir, "000000.jsonl.gz");
  const { size: whole } = await Deno.stat(path);
  await corpus.append(document(2));
  await corpus.flush();
  const bytes = await Deno.readFile(path);
  for (let size = whole; size < bytes.length; size++) {
    const torn = await scratchDir();
    await Deno.writeFile(join(torn, "000000.jsonl.gz"), bytes.subarray(0, size));
    await using again = await openJournal({ dir: torn });
    assertEquals([again.count, again.cut?.bytes ?? 0], [2, size - whole]);
    await again.append(document(9));
    await again.flush();
    const ids = (await Array.fromAsync(again.documents())).map(({ url }) => url);
    assertEquals(ids, ["http://a/0", "http://a/1", "http://a/9"]);
  }
});

Deno.test("damage elsewhere is refused, not skipped", async () => {
  const dir = await scratchDir();
  await write(dir, documents(50));
  const path = join(dir, "000000.jsonl.gz");
  const bytes = await Deno.readFile(path);
  bytes[60] = (bytes[60] ?? 0) ^ 1;
  await Deno.writeFile(path, bytes);
  {
    await using corpus = await openJournal({ dir });
    await assertRejects(
      () => Array.fromAsync(corpus.documents()),
      Error,
      "the member at byte 0 is damaged (checksum), from document 0 on",
    );
  }
  await Deno.truncate(path, bytes.length - 1);
  await assertRejects(() => openJournal({ dir }), Error, "is not whole");
  await Deno.remove(path);
  await assertRejects(() => openJournal({ dir }), Error, "000000.jsonl.gz is missing");
});

Deno.test("a sealed journal stays sealed and must stay whole", async () => {
  const dir = await scratchDir();
  await write(dir, documents(50));
  {
    await using corpus = await openJournal({ dir, ...SMALL });
    await corpus.seal();
    await corpus.seal();
  }
  {
    await using corpus = await openJournal({ dir });
    assertEquals(corpus.sealed, true);
    await assertRejects(() => corpus.append(document(1)), Error, "it is sealed");
    const read = await Array.fromAsync(corpus.documents({ from: 48, follow: true }));
    assertEquals(read, documents(2, 48));
  }
  const last = (await names(dir)).findLast((name) => name.endsWith(".gz")) as string;
  await Deno.truncate(join(dir, last), 3);
  await assertRejects(() => openJournal({ dir }), Error, "sealed.json names 50");
  assertEquals((await Deno.stat(join(dir, last))).size, 3);
});

Deno.test("the reader gets earlier documents and then what is written, each after it is stored", async () => {
  const dir = await scratchDir();
  await write(dir, documents(5));
  await using corpus = await openJournal({ dir });
  const stored: string[] = [];
  const ends = journal({ journal: corpus, from: 2, onStored: (url) => stored.push(url) });
  const fed = ReadableStream.from(documents(20, 5)).pipeTo(ends.writable);
  const read: Document[] = [];
  for await (const item of ends.readable) {
    if (read.length >= 3) assertEquals(stored.includes(item.url), true);
    read.push(item);
  }
  await fed;
  assertEquals(read, documents(23, 2));
  assertEquals(stored, documents(20, 5).map(({ url }) => url));
  assertEquals(corpus.sealed, true);
});

Deno.test("before the reader is ready the writer is not held back, afterwards it is", async () => {
  await using corpus = await openJournal({ dir: await scratchDir() });
  const ready = Promise.withResolvers<void>();
  const ends = journal({ journal: corpus, ready: ready.promise, maxLagBytes: 1000 });
  const reader = ends.readable.getReader();
  const first = reader.read();
  const writer = ends.writable.getWriter();
  const text = "x".repeat(400);
  for (let i = 0; i < 10; i++) await writer.write(document(i, text));
  ready.resolve();
  assertEquals((await first).value, document(0, text));
  const held = writer.write(document(10, text));
  let isHeld = true;
  held.then(() => isHeld = false);
  // The writer may be two documents ahead, and the last one read counts only when the next is asked for.
  for (let i = 1; i < 9; i++) {
    assertEquals((await reader.read()).value, document(i, text));
    assertEquals(isHeld, true);
  }
  assertEquals((await reader.read()).value, document(9, text));
  await held;
  const closed = writer.close();
  assertEquals((await reader.read()).value, document(10, text));
  await closed;
  assertEquals((await reader.read()).done, true);
});

Deno.test("cancelling the reader stops the writer, even while it is held back", async () => {
  await using corpus = await openJournal({ dir: await scratchDir() });
  const ends = journal({ journal: corpus, maxLagBytes: 1 });
  const writer = ends.writable.getWriter();
  const reader = ends.readable.getReader();
  await Promise.resolve();
  const held = writer.write(document(0));
  const refused = assertRejects(() => held.then(() => writer.write(document(1))), Error, "enough");
  await reader.cancel(new Error("enough"));
  await refused;
  await assertRejects(() => writer.closed, Error, "enough");
});

Deno.test("aborting the writer fails the reader that waits", async () => {
  await using corpus = await openJournal({ dir: await scratchDir() });
  const ends = journal({ journal: corpus });
  const reader = ends.readable.getReader();
  const failed = assertRejects(() => reader.read(), Error, "crawl broke");
  await ends.writable.abort(new Error("crawl broke"));
  await failed;
});

Deno.test("a tokenizer that cannot be trained fails the reader and the writer", async () => {
  await using corpus = await openJournal({ dir: await scratchDir() });
  const ends = journal({ journal: corpus, ready: Promise.reject(new Error("no text")) });
  await assertRejects(() => Array.fromAsync(ends.readable), Error, "no text");
  await assertRejects(() => ends.writable.getWriter().write(document(0)), Error, "no text");
});

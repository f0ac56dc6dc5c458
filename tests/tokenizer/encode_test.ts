import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { parseTokenizer, trainTokenizer } from "../../tokenizer/mod.ts";
import { openEncoders, tokenize } from "../../stages/tokenize/mod.ts";
import type { Document } from "../../stages/types.ts";
import { addresses } from "../stages/crawl/addresses.ts";

const fixture = new URL("../fixtures/bpe/", import.meta.url);
const golden = parseTokenizer(await Deno.readTextFile(new URL("tokenizer.json", fixture)), {
  source: "tokenizer.json",
});

const document = (text: string, index: number): Document => ({
  id: index.toString(16).padStart(16, "0"),
  url: `http://a/${index}`,
  title: "",
  lang: "en",
  fetchedAt: "",
  text,
});

Deno.test("any number of workers gives the ids of one thread, in order", async () => {
  const texts = (await Array.fromAsync(addresses())).slice(0, 60)
    // Long and short ones in turns, so that workers finish out of order.
    .map((text, i) => i % 3 === 0 ? text : text.slice(0, 50 * i));
  const run = (encoders?: ReturnType<typeof openEncoders>) =>
    Array.fromAsync(
      ReadableStream.from(texts.map(document)).pipeThrough(tokenize({
        tokenizer: golden,
        split: (index) => index % 7 === 0 ? "validation" : "train",
        ...(encoders && { encoders }),
      })),
    );
  const expected = await run();
  assertEquals(expected[3]?.ids.subarray(0, -1), Uint16Array.from(golden.encode(texts[3] ?? "")));
  for (const workers of [1, 2, 3]) {
    using encoders = openEncoders(golden, { workers });
    assertEquals(await run(encoders), expected);
  }
});

Deno.test("workers are given no more than they may hold ahead", async () => {
  using encoders = openEncoders(golden, { workers: 2 });
  let asked = 0;
  const text = "the people ".repeat(20_000); // 220,000 characters
  const endless = new ReadableStream<Document>({
    pull: (controller) => controller.enqueue(document(text, asked++)),
  }, { highWaterMark: 0 });
  const reader = endless.pipeThrough(
    tokenize({ tokenizer: golden, encoders, split: () => "train" }),
  ).getReader();
  for (let i = 0; i < 10; i++) await reader.read();
  // 5 fill the queue; one is waited for, and one stands before each of three doors.
  assertEquals(asked <= 10 + 5 + 4, true);
  await reader.cancel();
});

Deno.test("a document that cannot be encoded is named, by a worker as by this thread", async () => {
  const tokenizer = await trainTokenizer(["ab"], { vocabSize: 4, initialAlphabet: [] });
  const run = (encoders?: ReturnType<typeof openEncoders>) =>
    Array.fromAsync(
      ReadableStream.from(["ab", "ac"].map(document)).pipeThrough(
        tokenize({ tokenizer, split: () => "train", ...(encoders && { encoders }) }),
      ),
    );
  const message = "Cannot tokenize document 0000000000000001 (http://a/1): " +
    "Cannot encode byte 99: it is not in the vocabulary";
  await assertRejects(() => run(), Error, message);
  using encoders = openEncoders(tokenizer, { workers: 1 });
  await assertRejects(() => run(encoders), Error, message);
});

Deno.test("closed encoders refuse what waits and what comes", async () => {
  const encoders = openEncoders(golden, { workers: 1 });
  const waiting = encoders.encode("some text");
  encoders[Symbol.dispose]();
  await assertRejects(() => waiting, Error, "the encoders have been closed");
  await assertRejects(() => encoders.encode("more"), Error, "the encoders have been closed");
  assertThrows(
    () => openEncoders(golden, { workers: 0 }),
    RangeError,
    "workers must be a positive",
  );
});

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  formatTokenizer,
  parseTokenizer,
  trainTokenizer,
  utf8Pieces,
} from "../../tokenizer/mod.ts";
import { addresses } from "../stages/crawl/addresses.ts";

const golden = parseTokenizer(
  await Deno.readTextFile(new URL("../fixtures/bpe/tokenizer.json", import.meta.url)),
  { source: "tokenizer.json" },
);

/** Gives `bytes` as a file would that is read by so many at a time. */
function sourceOf(bytes: Uint8Array, sizes: readonly number[]) {
  let at = 0, reads = 0;
  return {
    read(buffer: Uint8Array): Promise<number | null> {
      const size = sizes[reads++ % sizes.length] as number;
      const part = bytes.subarray(at, at + Math.min(size, buffer.length));
      buffer.set(part);
      at += part.length;
      return Promise.resolve(part.length === 0 ? null : part.length);
    },
  };
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
/** Text, and text with bytes put in at random: cut off, overlong, surrogates. */
const anyBytes = fc.tuple(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.uint8Array({ maxLength: 4 }),
  fc.boolean(),
).map(([text, bytes, isTorn]) => {
  const all = [...new TextEncoder().encode(text)];
  if (isTorn) all.splice(all.length >> 1, bytes.length >> 1, ...bytes);
  return Uint8Array.from(all);
});

Deno.test("a file's bytes become well-formed pieces: the text that TextDecoder makes of them", async () => {
  const check = async (bytes: Uint8Array<ArrayBuffer>, reads: readonly number[]) => {
    const fatal = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const pieces: string[] = [];
    for await (const piece of utf8Pieces(sourceOf(bytes, reads))) pieces.push(fatal.decode(piece));
    const expected = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    assertEquals(pieces.join("") === expected, true);
  };
  await fc.assert(fc.asyncProperty(anyBytes, sizes, check), { numRuns: 2000 });
  // Longer than any buffer, with the malformed byte late.
  const long = new TextEncoder().encode("ü€😀x".repeat(20_000));
  await check(long, [1e9]);
  long[150_001] = 0xff;
  await check(long, [65_537, 3]);
});

Deno.test("a text given as bytes, cut anywhere, has the ids of its string", () => {
  const text = fc.string({ unit: "binary", maxLength: 60 }).map((text) => text.toWellFormed());
  const check = (text: string, cuts: readonly number[]) => {
    const bytes = new TextEncoder().encode(text);
    const stream = golden.encodeStream();
    const ids: number[] = [];
    for (let at = 0, i = 0; at < bytes.length;) {
      const next = at + (cuts[i++ % cuts.length] as number);
      ids.push(...stream.push(bytes.subarray(at, next)));
      at = next;
    }
    ids.push(...stream.flush());
    assertEquals(ids, Array.from(golden.encode(text)));
  };
  fc.assert(fc.property(text, sizes, check), { numRuns: 1000 });
  check("naïve 東京 ".repeat(2000), [16_385]);
  check("é".repeat(9000), [4097, 1]);
});

Deno.test("training on bytes and on strings gives one tokenizer", async () => {
  const texts = await Array.fromAsync(addresses());
  const some = texts.slice(0, 20);
  const options = { vocabSize: 1500, split: "gpt4" } as const;
  const encoder = new TextEncoder();
  const fromBytes = await trainTokenizer(
    some.map((text, i) =>
      i % 2 === 0 ? encoder.encode(text) : utf8Pieces(sourceOf(encoder.encode(text), [1001]))
    ),
    options,
  );
  assertEquals(
    formatTokenizer(fromBytes) === formatTokenizer(await trainTokenizer(some, options)),
    true,
  );
});

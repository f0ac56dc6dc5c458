/** Encodings held against two other implementations, on text made to be awkward. */
import { assertEquals } from "@std/assert";
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { encode as encodeCl100k } from "gpt-tokenizer/encoding/cl100k_base";
import { encode as encodeR50k } from "gpt-tokenizer/encoding/r50k_base";
import {
  formatTokenizer,
  parseTiktoken,
  parseTokenizer,
  type Tokenizer,
  trainTokenizer,
} from "../../tokenizer/mod.ts";
import { addresses } from "../stages/crawl/addresses.ts";

const WORDS = fc.constantFrom(
  ..." ,  ,\n,\r\n,\t, \n\n ,'s,'LL,'Ve,'re,'d,'x,the, of the, Congress,1234, 56,½,é,中文,한국어"
    .split(","),
  ..."।हिन्दी,العربية, Ελλάδα,👩‍👩‍👧,🇫🇷,\u3000,\u00a0,\u200b,...,!?\n,//,_a,<|endoftext|>,𝒳".split(","),
);
// U+0085 and U+FEFF are left out: JavaScript's `\s`, which both oracles use, differs there from
// the White_Space of the patterns' own engines.
const awkwardText = fc.array(
  fc.oneof(WORDS, WORDS, fc.string({ unit: "binary", minLength: 1, maxLength: 3 })),
  { maxLength: 25 },
).map((parts) => parts.join("").toWellFormed().replace(/[\u0085\ufeff]/g, "-"));

const noSpecials = { disallowedSpecial: new Set<string>() };

for (
  const [name, split, specialId, encode] of [
    ["r50k_base", "gpt2", 50256, encodeR50k],
    ["cl100k_base", "gpt4", 100257, encodeCl100k],
  ] as const
) {
  const path = new URL(import.meta.resolve(`gpt-tokenizer/data/${name}.tiktoken`));
  const ranks = await Deno.readTextFile(path);
  const tokenizer = parseTiktoken(ranks, {
    source: name,
    split,
    specials: [{ id: specialId, content: "<|endoftext|>" }],
  });

  Deno.test(`encodes 5,000 awkward strings as gpt-tokenizer with the ranks of ${name}`, () => {
    fc.assert(
      fc.property(awkwardText, (text) => {
        const ids = tokenizer.encode(text);
        assertEquals(Array.from(ids), encode(text, noSpecials));
        assertEquals(tokenizer.decode(ids), text);
      }),
      { numRuns: 5000 },
    );
  });

  Deno.test(`${name} written as tokenizer.json and read again encodes the same`, () => {
    const read = parseTokenizer(formatTokenizer(tokenizer), { source: "tokenizer.json" });
    fc.assert(
      fc.property(awkwardText, (text) => assertEquals(read.encode(text), tokenizer.encode(text))),
      { numRuns: 300 },
    );
  });
}

/** Compares with what Hugging Face's JavaScript library makes of our tokenizer.json. */
function encodesAsHuggingFace(tokenizer: Tokenizer, texts: readonly string[]): void {
  const theirs = new HuggingFaceTokenizer(JSON.parse(formatTokenizer(tokenizer)), {});
  const check = (text: string): void => {
    const ids = tokenizer.encode(text, { allowSpecial: true });
    assertEquals(Array.from(ids), theirs.encode(text).ids);
    assertEquals(tokenizer.decode(ids), text);
  };
  texts.forEach(check);
  fc.assert(fc.property(awkwardText, check), { numRuns: 300 });
}

const sample = (await Array.fromAsync(addresses())).slice(0, 12);

for (const split of ["gpt2", "gpt4"] as const) {
  for (const vocabSize of [600, 3000]) {
    Deno.test(`encodes as @huggingface/tokenizers: ${split} split, ${vocabSize} tokens`, async () => {
      const tokenizer = await trainTokenizer(sample, { vocabSize, split });
      assertEquals(tokenizer.vocabSize, vocabSize);
      encodesAsHuggingFace(tokenizer, sample.map((text) => text.slice(0, 3000)));
    });
  }

  Deno.test(`encodes as @huggingface/tokenizers: ${split} split, many scripts`, async () => {
    const texts = fc.sample(awkwardText, { numRuns: 3000, seed: 7 });
    const tokenizer = await trainTokenizer(texts, { vocabSize: 1500, split });
    encodesAsHuggingFace(tokenizer, texts.slice(0, 200));
  });
}

/**
 * A tokenizer.json as Llama 3 has it, small: its split written as a regular expression, merges as
 * `"a b"`, tokens that no merge makes, added tokens past the vocabulary, a template that puts a token
 * first. Encodings are held against Hugging Face's JavaScript library.
 */
import { assert, assertEquals } from "@std/assert";
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { formatTokenizer, parseTokenizer, trainTokenizer } from "../../tokenizer/mod.ts";
import { addresses } from "../stages/crawl/addresses.ts";

const PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
/** Added tokens, one of which is the beginning of another. */
const ADDED = [
  ..."<|begin_of_text|> <|end_of_text|> <|start_header_id|> <|end_header_id|> <|eot_id|>"
    .split(" "),
  "<|eot_id|><|eot_id|>",
  "<|reserved_special_token_0|>",
];
/** Whole words in the written form of their bytes, which the merges do not lead to. */
const UNMERGED = ["ĠConfederation", "unmergeable", "ä¸ŃæĸĩåŃĹ", "Ġæ°´", "!!!?!", "731", "ĊĊĠĊ"];
const UNMERGED_TEXTS = [
  ..." Confederation|unmergeable|中文字| 水|!!!?!|731|\n\n \n".split("|"),
];

const learned = await trainTokenizer((await Array.fromAsync(addresses())).slice(0, 6), {
  vocabSize: 900,
  split: "gpt4",
});

/** The file's text; ids of the vocabulary from 0, added tokens behind. */
function writeFile({ ignoreMerges }: { ignoreMerges: boolean }): string {
  const { parts } = learned;
  const special = new Set(parts.specials.map(({ content }) => content));
  const tokens = [...parts.vocab.keys()].filter((token) => !special.has(token));
  const unmerged = UNMERGED.filter((token) => !parts.vocab.has(token));
  const vocab = Object.fromEntries([...tokens, ...unmerged].map((token, id) => [token, id]));
  const first = tokens.length + unmerged.length;
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true };
  const [bos = ""] = ADDED;
  return JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    normalizer: null,
    added_tokens: ADDED.map((content, i) => ({ id: first + i, content, ...flags, special: true })),
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: PATTERN }, behavior: "Isolated", invert: false },
        { ...byteLevel, use_regex: false },
      ],
    },
    post_processor: {
      type: "Sequence",
      processors: [
        { ...byteLevel, trim_offsets: false, use_regex: true },
        {
          type: "TemplateProcessing",
          single: [{ SpecialToken: { id: bos, type_id: 0 } }, {
            Sequence: { id: "A", type_id: 0 },
          }],
          pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
          special_tokens: { [bos]: { id: bos, ids: [first], tokens: [bos] } },
        },
      ],
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: ignoreMerges,
      vocab,
      merges: parts.merges.map((pair) => pair.join(" ")),
    },
  });
}

const WORDS = fc.constantFrom(
  ...ADDED,
  ...UNMERGED_TEXTS,
  ..." ,  ,\n,\r\n,\t, \n\n ,'s,'LL,'Ve,n't,the, of the, Congress,1234567, 56,½,é,한국어,हिन्दी"
    .split(","),
  ...[
    "العربية",
    " Ελλάδα",
    "👩‍👩‍👧",
    "\u3000",
    "\u200b",
    "...",
    "!?\n",
    "//",
    "_a",
    "𝒳",
    "<|",
    "|>",
    "eot_id",
  ],
);
// U+0085 and U+FEFF are left out: JavaScript's `\s`, which the oracle uses, differs there.
const fuzzed = fc.array(
  fc.oneof(WORDS, WORDS, fc.string({ unit: "binary", minLength: 1, maxLength: 3 })),
  { maxLength: 25 },
).map((parts) => parts.join("").toWellFormed().replace(/[\u0085\ufeff]/g, "-"));

for (const ignoreMerges of [true, false]) {
  Deno.test(`a file like Llama 3's encodes as in @huggingface/tokenizers: ignore_merges ${ignoreMerges}`, () => {
    const json = writeFile({ ignoreMerges });
    const ours = parseTokenizer(json, { source: "llama.json" });
    const again = parseTokenizer(formatTokenizer(ours), { source: "again.json" });
    const theirs = new HuggingFaceTokenizer(JSON.parse(json), {});
    const check = (text: string): void => {
      const ids = ours.encode(text, { allowSpecial: true });
      assertEquals(Array.from(ids), theirs.encode(text, { add_special_tokens: false }).ids);
      assertEquals(again.encode(text, { allowSpecial: true }), ids);
      assertEquals(ours.decode(ids), text);
    };
    for (const text of UNMERGED_TEXTS) {
      check(text);
      assertEquals(ours.encode(text).length === 1, ignoreMerges, text);
    }
    fc.assert(fc.property(fuzzed, check), { numRuns: 2000 });
    assertEquals(ours.endOfTextId, ours.tokenToId("<|end_of_text|>"));
  });
}

Deno.test("added tokens of a file like Llama 3's are ordinary text unless allowed", () => {
  const tokenizer = parseTokenizer(writeFile({ ignoreMerges: true }), { source: "llama.json" });
  const first = tokenizer.tokenToId("<|begin_of_text|>") ?? 0;
  fc.assert(
    fc.property(fuzzed, (text) => {
      const ids = tokenizer.encode(text);
      assert(ids.every((id) => id < first));
      assertEquals(tokenizer.decode(ids), text);
    }),
    { numRuns: 500 },
  );
});

Deno.test("a special token that is a word of its own is not made by that word", () => {
  const json = JSON.parse(writeFile({ ignoreMerges: true }));
  const id = json.added_tokens[0].id + ADDED.length;
  json.model.vocab.assistant = id;
  json.added_tokens.push({ id, content: "assistant", special: true });
  const tokenizer = parseTokenizer(JSON.stringify(json), { source: "llama.json" });
  const ids = tokenizer.encode("assistant");
  assertEquals([ids.includes(id), tokenizer.decode(ids)], [false, "assistant"]);
  assertEquals(Array.from(tokenizer.encode("assistant", { allowSpecial: true })), [id]);
});

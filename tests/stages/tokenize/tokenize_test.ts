import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { MergeRules } from "../../../tokenizer/merge.ts";
import {
  formatTokenizer,
  parseTiktoken,
  parseTokenizer,
  type SplitName,
  Tokenizer,
  trainTokenizer,
} from "../../../tokenizer/mod.ts";
import { tokenize } from "../../../stages/tokenize/mod.ts";
import { createPretokenizer, MAX_PRETOKEN_BYTES } from "../../../tokenizer/pretokenize.ts";
import { addresses } from "../crawl/addresses.ts";

const fixture = new URL("../../fixtures/bpe/", import.meta.url);
const goldenJson = await Deno.readTextFile(new URL("tokenizer.json", fixture));
const golden = parseTokenizer(goldenJson, { source: "tokenizer.json" });
const encodings: { text: string; ids: number[] }[] = JSON.parse(
  await Deno.readTextFile(new URL("encodings.json", fixture)),
);

function pieces(text: string, split: SplitName = "gpt2"): string[] {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const found: string[] = [];
  createPretokenizer(split)(text, (bytes, start, end) => {
    found.push(decoder.decode(bytes.subarray(start, end)));
  });
  return found;
}

const W = "\\p{White_Space}";
/** The published patterns, with `\s` as Unicode White_Space. */
const PATTERNS = {
  gpt2: new RegExp(
    `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${W}\\p{L}\\p{N}]+|${W}+(?!\\P{White_Space})|${W}+`,
    "gu",
  ),
  gpt4: new RegExp(
    "'(?:[sSdDmMtT]|[lL]{2}|[vVrR][eE])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|" +
      ` ?[^${W}\\p{L}\\p{N}]+[\\r\\n]*|${W}*[\\r\\n]+|${W}+(?!\\P{White_Space})|${W}+`,
    "gu",
  ),
};

const awkwardText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ..." \n\t\r'sStTrevmlLdaé1½中،.!\u00a0\u0085\u3000\u200b\ufeff\ud83d\udc69🇫𝒳",
      "'ll",
      "'re",
      "  ",
    ),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  ),
  maxLength: 60,
}).map((text) => text.toWellFormed());

Deno.test("training on the corpus of the fixture gives its tokenizer.json byte for byte", async () => {
  const trained = await trainTokenizer(addresses(), { vocabSize: 4096, minFrequency: 2 });
  assertEquals(formatTokenizer(trained) === goldenJson, true);
});

Deno.test("the corpus of the fixture is 2,479,034 tokens and decodes to itself", async () => {
  let tokens = 0;
  for await (const text of addresses()) {
    const ids = golden.encode(text);
    tokens += ids.length;
    assertEquals(golden.decode(ids) === text, true);
  }
  assertEquals(tokens, 2_479_034);
});

for (const { text, ids } of encodings) {
  Deno.test(`encodes as Hugging Face tokenizers: ${JSON.stringify(text.slice(0, 40))}`, () => {
    assertEquals(Array.from(golden.encode(text, { allowSpecial: true })), ids);
    assertEquals(golden.decode(ids), text);
  });
}

Deno.test("special tokens in text are ordinary text unless allowed", () => {
  const ids = golden.encode("a<|endoftext|>b");
  assertEquals(ids.includes(golden.endOfTextId), false);
  assertEquals(golden.decode(ids), "a<|endoftext|>b");
});

for (const split of ["gpt2", "gpt4"] as const) {
  Deno.test(`splits text as the ${split} pattern does`, () => {
    fc.assert(
      fc.property(awkwardText, (text) => {
        assertEquals(pieces(text, split), text.match(PATTERNS[split]) ?? []);
      }),
      { numRuns: 3000 },
    );
  });

  Deno.test(`splits by ${split} the same at every place where the scanner's buffer ends`, () => {
    const unit = "it's 10 km,\r\n\r\n  ’tis 中文 we'LL 👩‍👩‍👧 12345 \u3000\u3000x" + " ".repeat(90) +
      "\n  y";
    for (let shift = 0; shift < 150; shift++) {
      const text = "a".repeat(shift) + unit.repeat(240);
      assertEquals(pieces(text, split), text.match(PATTERNS[split]));
    }
  });
}

Deno.test("cuts endless words between code points and loses nothing", () => {
  for (const unit of ["x", "é", "中", "𝒳", " ", "\u3000"]) {
    const text = unit.repeat(20_000);
    const found = pieces(text);
    assertEquals(found.join("") === text, true);
    const sizes = found.map((piece) => new TextEncoder().encode(piece).length);
    assertEquals(sizes.every((size) => size <= MAX_PRETOKEN_BYTES), true);
  }
});

Deno.test("decode(encode(text)) is text, and a stream of ids gives the same", () => {
  fc.assert(
    fc.property(awkwardText, (text) => {
      const ids = golden.encode(text);
      assertEquals(golden.decode(ids), text);
      const stream = golden.decodeStream();
      const parts = Array.from(ids, (id) => stream.push(id));
      assertEquals(parts.every((part) => part.isWellFormed() && !part.includes("\ufffd")), true);
      assertEquals(parts.join("") + stream.flush(), text);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("text that comes in pieces, cut anywhere, gets the ids of the whole", () => {
  const pieces = fc.array(fc.oneof(awkwardText, fc.constantFrom("\ud83d", "\udc69", "word", " ")));
  const long = fc.constantFrom(" ".repeat(5000), "x\n".repeat(9000), "中".repeat(20_000));
  for (const split of ["gpt2", "gpt4"] as const) {
    const tokenizer = new Tokenizer({ ...golden.parts, split });
    fc.assert(
      fc.property(pieces, fc.option(long), (parts, extra) => {
        if (extra !== null) parts.splice(1, 0, extra);
        const stream = tokenizer.encodeStream();
        const ids = parts.flatMap((part) => Array.from(stream.push(part)));
        ids.push(...stream.flush());
        assertEquals(ids, Array.from(tokenizer.encode(parts.join(""))));
      }),
      { numRuns: 300 },
    );
  }
});

Deno.test("training on texts in pieces gives what the whole texts give", async () => {
  const texts = ["ab abc  abd\n\nab", "b ".repeat(9000), "abc"];
  async function* inPieces(text: string): AsyncGenerator<string> {
    for (let at = 0; at < text.length; at += 7) yield text.slice(at, at + 7);
  }
  const whole = await trainTokenizer(texts, { vocabSize: 270, minFrequency: 1 });
  const pieced = await trainTokenizer(texts.map(inPieces), { vocabSize: 270, minFrequency: 1 });
  assertEquals(formatTokenizer(pieced), formatTokenizer(whole));
});

Deno.test("any text comes back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
      assertEquals(golden.decode(golden.encode(text)), text.toWellFormed());
    }),
    { numRuns: 10_000 },
  );
});

Deno.test("the word cache forgets without changing an encoding", () => {
  const fresh = parseTokenizer(goldenJson, { source: "tokenizer.json" });
  const words = Array.from({ length: 90_000 }, (_, i) => ` w${i.toString(36)}`);
  const expected = words.slice(0, 100).map((word) => golden.encode(word));
  for (const word of words) fresh.encode(word);
  assertEquals(words.slice(0, 100).map((word) => fresh.encode(word)), expected);
});

Deno.test("short and long words merge by the same rule", () => {
  const rules = new MergeRules();
  const merges: [number, number, number][] = [
    [0, 0, 3],
    [0, 1, 4],
    [3, 0, 5],
    [4, 2, 6],
    [1, 2, 7],
    [
      5,
      4,
      8,
    ],
    [3, 3, 9],
    [2, 2, 10],
  ];
  merges.forEach(([left, right, result], rank) => rules.add(left, { right, result, rank }));
  /** The definition, read aloud: the best rank, its leftmost place, again. */
  const plain = (symbols: number[]): number[] => {
    for (;;) {
      const rule = merges.find(([a, b]) => symbols.some((s, i) => s === a && symbols[i + 1] === b));
      if (rule === undefined) return symbols;
      const at = symbols.findIndex((s, i) => s === rule[0] && symbols[i + 1] === rule[1]);
      symbols = symbols.toSpliced(at, 2, rule[2]);
    }
  };
  fc.assert(
    fc.property(fc.array(fc.nat(2), { minLength: 1, maxLength: 120 }), (word) => {
      const symbols = Int32Array.from(word);
      const length = rules.merge(symbols, word.length);
      assertEquals(Array.from(symbols.subarray(0, length)), plain(word));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("training stops where pairs are too rare", async () => {
  const trained = await trainTokenizer(["abab cd"], { vocabSize: 4096, minFrequency: 2 });
  assertEquals(trained.vocabSize, 259);
  assertEquals(trained.idToToken(258), "ab");
});

Deno.test("of equally frequent pairs the one with lower ids is merged first", async () => {
  const trained = await trainTokenizer([" zy ba zy ba"], { vocabSize: 262 });
  assertEquals([258, 259, 260, 261].map((id) => trained.idToToken(id)), ["ba", "zy", "Ġba", "Ġzy"]);
});

Deno.test("training makes no token longer than asked", async () => {
  const texts = ["international internationally ".repeat(9)];
  const longest = async (maxTokenBytes: number): Promise<number> => {
    const { parts } = await trainTokenizer(texts, { vocabSize: 400, maxTokenBytes });
    return Math.max(...parts.merges.map(([left, right]) => (left + right).length));
  };
  assertEquals([await longest(5), await longest(Infinity)], [5, 16]);
});

Deno.test("training refuses a vocabulary that cannot hold the bytes", async () => {
  await assertRejects(
    () => trainTokenizer([], { vocabSize: 257 }),
    RangeError,
    "Cannot train a tokenizer: --vocab must be an integer >= 258, got 257",
  );
});

Deno.test("a vocabulary may hold __proto__ and numbers", () => {
  const { parts } = golden;
  const odd = new Tokenizer({
    ...parts,
    vocab: new Map([...parts.vocab, ["__proto__", 4096], ["17", 4097]]),
  });
  const read = parseTokenizer(formatTokenizer(odd), { source: "tokenizer.json" });
  assertEquals([...read.parts.vocab].sort(), [...odd.parts.vocab].sort());
  assertEquals(read.tokenToId("__proto__"), 4096);
  assertEquals(read.idToToken(4097), "17");
});

Deno.test("files of older and other writers are read", () => {
  const text = "Hello, world! it's 1234 <|endoftext|>";
  const read = (change: (json: Record<string, Record<string, unknown>>) => void) => {
    const json = JSON.parse(goldenJson);
    change(json);
    return parseTokenizer(JSON.stringify(json), { source: "t.json" });
  };
  const model = (json: Record<string, Record<string, unknown>>) => json.model ?? {};
  const plain = golden.encode(text);
  // GPT-2's file: merges as "a b", no word about the regular expression.
  const old = read((json) => {
    model(json).merges = golden.parts.merges.map((pair) => pair.join(" "));
    json.pre_tokenizer = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true };
    delete model(json).ignore_merges;
    delete model(json).byte_fallback;
  });
  assertEquals(old.encode(text), plain);
  // Llama 3's: its split in front of ByteLevel; a piece that is a token needs no merge.
  const gpt4 = JSON.parse(formatTokenizer(new Tokenizer({ ...golden.parts, split: "gpt4" })));
  const llama = read((json) => {
    json.pre_tokenizer = gpt4.pre_tokenizer;
    model(json).ignore_merges = true;
    model(json).merges = golden.parts.merges.slice(0, -1);
  });
  assertEquals(llama.parts.split, "gpt4");
  assertEquals(Array.from(llama.encode(golden.decode([4095]))), [4095]);
  gpt4.pre_tokenizer.pretokenizers[0].pattern.Regex = "x";
  assertThrows(
    () => read((json) => json.pre_tokenizer = gpt4.pre_tokenizer),
    SyntaxError,
    "pre_tokenizer must be ByteLevel with the split of GPT-2, GPT-4, Llama 3, Qwen2, SmolLM, o200k, " +
      "Tekken or DeepSeek, got {",
  );
});

Deno.test("a .tiktoken file with a broken line is refused by number", () => {
  const options = { source: "t.tiktoken", split: "gpt2", specials: [] } as const;
  assertThrows(
    () => parseTiktoken("IQ== 0\nnot a line", options),
    SyntaxError,
    "Cannot read tokenizer t.tiktoken: line 2 is not a token and its id",
  );
});

Deno.test("a broken or foreign tokenizer.json is refused with its field", () => {
  const refused = (change: (json: Record<string, Record<string, unknown>>) => void): string => {
    const json = JSON.parse(goldenJson);
    change(json);
    const error = assertThrows(
      () => parseTokenizer(JSON.stringify(json), { source: "t.json" }),
      SyntaxError,
      "Cannot read tokenizer t.json: ",
    );
    return error.message.slice("Cannot read tokenizer t.json: ".length);
  };
  assertEquals(refused((t) => delete t.model), "model is not an object");
  assertEquals(
    refused((t) => Object.assign(t, { version: "2.0" })),
    'version must be "1.0", got "2.0"',
  );
  assertEquals(
    refused((t) => Object.assign(t.model ?? {}, { type: "Unigram" })),
    "it is a tokenizer of SentencePiece's kind (Metaspace, byte fallback or Unigram), which is not " +
      "supported; choose a model with byte-level BPE, as Llama 3's, Qwen's or SmolLM2's",
  );
  assertEquals(
    refused((t) => Object.assign(t.model ?? {}, { type: "WordPiece" })),
    'model.type must be "BPE", got "WordPiece"',
  );
  assertEquals(
    refused((t) => Object.assign(t.model ?? {}, { merges: [["a"]] })),
    "model.merges[0] is not a pair of tokens",
  );
  assertEquals(
    refused((t) => Object.assign(t.model ?? {}, { merges: [["q", "qq"]] })),
    'merge 0 needs "qq", not in the vocabulary',
  );
  assertEquals(
    refused((t) => Object.assign(t.model ?? {}, { vocab: { a: 2 ** 31 } })),
    'model.vocab["a"] must be an integer from 0 to 1035',
  );
  assertEquals(
    refused((t) => Object.assign(t.model ?? {}, { vocab: { a: 1, b: 1 } })),
    "model.vocab gives one id to two tokens",
  );
  assertThrows(
    () => parseTokenizer("{", { source: "t.json" }),
    SyntaxError,
    "Cannot read tokenizer",
  );
});

Deno.test("ids outside the vocabulary are refused by decode", () => {
  assertThrows(
    () => golden.decode([4096]),
    RangeError,
    "Cannot decode id 4096: the vocabulary has 4096 ids",
  );
});

Deno.test("the stage ends each run with the end-of-text id and numbers documents from startIndex", async () => {
  const document = { id: "00f1e2d3c4b5a697", url: "a", title: "", lang: "en", fetchedAt: "" };
  const seen: number[] = [];
  const runs = await Array.fromAsync(
    ReadableStream.from([{ ...document, text: "Hello, world!" }, { ...document, text: "" }])
      .pipeThrough(tokenize({
        tokenizer: golden,
        startIndex: 40,
        split: (index) => (seen.push(index), index === 40 ? "validation" : "train"),
      })),
  );
  assertEquals(seen, [40, 41]);
  assertEquals(runs.map(({ split, ids }) => [split, [...ids]]), [
    ["validation", [41, 1326, 80, 13, 678, 2, 0]],
    ["train", [0]],
  ]);
});

Deno.test("ids take 32 bits where the vocabulary needs them", async () => {
  const { parts } = golden;
  const wide = new Tokenizer({
    ...parts,
    specials: [...parts.specials, { id: 70_000, content: "<|far|>" }],
  });
  const document = { id: "0", url: "", title: "", lang: "", fetchedAt: "", text: "a" };
  const stage = tokenize({ tokenizer: wide, split: () => "train" });
  const [run] = await Array.fromAsync(ReadableStream.from([document]).pipeThrough(stage));
  assertEquals(run?.ids instanceof Uint32Array, true);
  assertEquals(Array.from(wide.encode("<|far|>", { allowSpecial: true })), [70_000]);
});

/** The splits of well-known models, held against Hugging Face tokenizers. */
import { assertEquals, assertThrows } from "@std/assert";
import { createPretokenizer, type SplitName } from "../../tokenizer/pretokenize.ts";
import { formatTokenizer, parseTokenizer, type Tokenizer } from "../../tokenizer/mod.ts";
import { parseSplit } from "../../tokenizer/split_json.ts";

const FIXTURES = new URL("../fixtures/tokenizers/", import.meta.url);
const NAMES = ["smollm2", "qwen", "llama3", "o200k", "gpt2_prefix_space"] as const;
const { texts, ...PIECES }: { texts: string[] } & Record<SplitName, number[][]> = JSON.parse(
  await Deno.readTextFile(new URL("piece_bytes.json", FIXTURES)),
);

interface Fixture {
  readonly json: string;
  readonly tokenizer: Tokenizer;
  readonly encodings: readonly (readonly [text: string, ids: readonly number[]])[];
}

async function readFixture(name: typeof NAMES[number]): Promise<Fixture> {
  const fixture = JSON.parse(await Deno.readTextFile(new URL(`${name}.json`, FIXTURES)));
  const json = JSON.stringify(fixture.tokenizer);
  return { json, tokenizer: parseTokenizer(json, { source: name }), encodings: fixture.encodings };
}

/** The ids of a text that comes in parts of `size` code points, as strings or as bytes. */
function inParts(tokenizer: Tokenizer, { text, size, bytes }: {
  text: string;
  size: number;
  bytes: boolean;
}): number[] {
  const stream = tokenizer.encodeStream();
  const characters = [...text];
  const ids: number[] = [];
  for (let at = 0; at < characters.length; at += size) {
    const part = characters.slice(at, at + size).join("");
    ids.push(...stream.push(bytes ? new TextEncoder().encode(part) : part));
  }
  return [...ids, ...stream.flush()];
}

for (const name of NAMES) {
  Deno.test(`${name}: Hugging Face's ids, whole, in parts, and after the file is written again`, async () => {
    const { tokenizer, encodings } = await readFixture(name);
    const again = parseTokenizer(formatTokenizer(tokenizer), { source: name });
    for (const [text, ids] of encodings) {
      assertEquals([...tokenizer.encode(text)], ids, text);
      assertEquals([...again.encode(text)], ids, text);
      for (const [size, bytes] of [[1, false], [1, true], [7, true]] as const) {
        assertEquals(inParts(tokenizer, { text, size, bytes }), ids, `${text} in parts of ${size}`);
      }
      const decoded = {
        qwen: text.normalize("NFC"),
        gpt2_prefix_space: text.replace(/^(?=[^ ])/, " "),
      };
      assertEquals(tokenizer.decode(ids), { ...decoded }[name as string] ?? text);
    }
  });
}

for (const [split, expected] of Object.entries(PIECES)) {
  Deno.test(`${split} cuts where Hugging Face's pre-tokenizer does`, () => {
    const pretokenize = createPretokenizer(split as SplitName);
    for (const [i, text] of texts.entries()) {
      const lengths: number[] = [];
      pretokenize(text, (_, start, end) => lengths.push(end - start));
      assertEquals(lengths, expected[i], JSON.stringify(text));
    }
  });
}

Deno.test("endless words, marks and spaces take bounded pieces in every split", () => {
  const units = [
    "A",
    "a",
    "\u0301",
    "\u0301\u0323",
    "\u0301A",
    "Aa",
    " ",
    "\n",
    " \n",
    "!",
    "!/",
    "\0",
  ];
  for (const split of Object.keys(PIECES) as SplitName[]) {
    for (const unit of units) {
      const text = unit.repeat(300_000 / unit.length);
      // Marks alone stay as many bytes.
      const pretokenize = createPretokenizer(split, { nfc: !/a/i.test(unit) });
      let bytes = 0, longest = 0;
      pretokenize(text, (_, start, end) => {
        bytes += end - start;
        longest = Math.max(longest, end - start);
      });
      assertEquals(longest <= 4096, true, `${split} ${JSON.stringify(unit)}: ${longest}`);
      assertEquals(
        bytes,
        new TextEncoder().encode(text).length,
        `${split} ${JSON.stringify(unit)}`,
      );
    }
  }
});

Deno.test("tokenizers of SentencePiece's kind are refused by that name, others by their field", async () => {
  const { json } = await readFixture("qwen");
  const file = JSON.parse(json);
  const refused: [changes: Record<string, unknown>, message: string][] = [
    [{ model: { ...file.model, byte_fallback: true } }, "SentencePiece's kind"],
    [{ model: { type: "Unigram", vocab: [["a", 0]] } }, "SentencePiece's kind"],
    [{ pre_tokenizer: { type: "Metaspace", replacement: "▁" } }, "SentencePiece's kind"],
    [{ model: { ...file.model, type: "WordPiece" } }, "model.type"],
    [{ normalizer: { type: "NFKC" } }, 'normalizer.type must be "NFC"'],
    [
      { pre_tokenizer: { type: "Whitespace" } },
      "pre_tokenizer must be ByteLevel with the split of",
    ],
  ];
  for (const [changes, message] of refused) {
    const text = JSON.stringify({ ...file, ...changes });
    assertThrows(() => parseTokenizer(text, { source: "hub.json" }), SyntaxError, message);
  }
  const none = JSON.stringify({ ...file, normalizer: { type: "Sequence", normalizers: [] } });
  assertEquals(parseTokenizer(none, { source: "hub.json" }).parts.nfc, undefined);
  assertThrows(() => parseSplit(undefined), SyntaxError, "got nothing");
});

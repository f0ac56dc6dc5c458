import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import fc from "fast-check";
import { parseTokenizer, readTokenizer } from "../../tokenizer/mod.ts";
import { JSON_LIMITS, JsonBounds } from "../../tokenizer/json_bounds.ts";
import { scratchDir } from "../stages/scratch.ts";

const goldenJson = await Deno.readTextFile(
  new URL("../fixtures/bpe/tokenizer.json", import.meta.url),
);
const dir = await scratchDir();
const MiB = 2 ** 20;

/** A tokenizer.json with another vocabulary, of which the rest stays as it is. */
const withVocab = (vocab: string) => goldenJson.replace(/"vocab": \{[^]*?\n {4}\}/, () => vocab);

/** Files that ask for more than they should get, and why they do not get it. */
const BOMBS: [name: string, text: () => string, reason: string][] = [
  ["60 MiB of [", () => "[".repeat(60 * MiB), "it is nested more than 64 deep"],
  ["60 MiB of {", () => '{"a":'.repeat(12 * MiB), "it is nested more than 64 deep"],
  [
    "nesting behind a valid start",
    () => goldenJson.slice(0, -2) + `,"more": ${"[".repeat(MiB)}`,
    "it is nested more than 64 deep",
  ],
  ["six million small numbers", () => `[${"0,".repeat(6e6)}0]`, "has more than 1048576 entries"],
  [
    "six million small numbers in many lists",
    () => `[${"[0,0,0,0,0,0,0,0,0,0],".repeat(6e5)}0]`,
    "it has more than 2097152 values",
  ],
  [
    "six hundred thousand tokens",
    () =>
      withVocab(
        `"vocab": {${Array.from({ length: 600_000 }, (_, i) => `"${i.toString(36)}":${i}`)}}`,
      ),
    "a list or object in it has more than 524288 entries",
  ],
  ["60 MiB of white space", () => " ".repeat(60 * MiB), "white space in it passes 65536 bytes"],
  ["a string of 60 MiB", () => `{"a": "${"x".repeat(60 * MiB)}"}`, "a string in it passes 65536"],
  ["escapes without end", () => `{"a": "${"\\\\".repeat(MiB)}`, "a string in it passes 65536"],
  [
    "an id that asks for a large table",
    () => withVocab('"vocab": {"a": 4294967295}'),
    'model.vocab["a"] must be an integer from 0 to',
  ],
  [
    "two million ids of a few tokens",
    () => withVocab('"vocab": {"a": 2000000}'),
    'model.vocab["a"] must be an integer from 0 to',
  ],
  [
    "__proto__ as the file's model",
    () => '{"__proto__": {"model": {"type": "BPE", "vocab": {}, "merges": []}}}',
    "model is not an object",
  ],
  [
    "__proto__ as the model's vocabulary",
    () => goldenJson.replace('"vocab": {', '"__proto__": {'),
    "model.vocab is not an object",
  ],
  ["an object as a list", () => goldenJson.replace('"merges": [', '"merges": {'), "Expected"],
  ["twenty thousand special tokens", () => {
    const json = JSON.parse(goldenJson);
    json.added_tokens = Array.from({ length: 20_000 }, (_, id) => ({ id, content: `<${id}>` }));
    return JSON.stringify(json);
  }, "added_tokens has more than 16384 entries"],
];

for (const [name, text, reason] of BOMBS) {
  Deno.test(`a tokenizer.json is refused: ${name}`, async () => {
    const path = join(dir, "bomb.json");
    await Deno.writeTextFile(path, text());
    const error = await assertRejects(() => readTokenizer(path), SyntaxError);
    assertEquals(error.message.startsWith(`Cannot read tokenizer ${path}: `), true);
    assertEquals(error.message.includes(reason), true, error.message);
    assertEquals(error.message.length < 400, true);
  });
}

Deno.test("a file past 64 MiB is refused by its size", async () => {
  const path = join(dir, "large.json");
  using file = await Deno.create(path);
  await file.truncate(64 * MiB + 1);
  await assertRejects(() => readTokenizer(path), SyntaxError, "it is larger than 67108864 bytes");
});

Deno.test("a tokenizer.json cut anywhere is refused", () => {
  fc.assert(
    fc.property(fc.nat(goldenJson.trimEnd().length - 1), (length) => {
      const error = assertThrows(
        () => parseTokenizer(goldenJson.slice(0, length), { source: "t.json" }),
        SyntaxError,
      );
      assertEquals(error.message.startsWith("Cannot read tokenizer t.json: "), true);
    }),
    { numRuns: 100 },
  );
});

Deno.test("bounds count the same however the text is cut, and let every sane text pass", () => {
  fc.assert(
    fc.property(fc.json(), fc.array(fc.nat(20)), (json, cuts) => {
      const bytes = new TextEncoder().encode(json);
      const whole = new JsonBounds();
      whole.push(bytes);
      const cut = new JsonBounds();
      let at = 0;
      for (const length of cuts) cut.push(bytes.subarray(at, at += length));
      cut.push(bytes.subarray(at));
      assertEquals(cut.values, whole.values);
      // Keys and values as JSON.parse sees them, containers included.
      const count = (value: unknown): number =>
        typeof value !== "object" || value === null ? 1 : Math.max(
          1,
          Array.isArray(value)
            ? value.reduce((sum, item) => sum + count(item), 0)
            : Object.values(value).reduce((sum: number, item) => sum + 1 + count(item), 0),
        );
      assertEquals(whole.values >= count(JSON.parse(json)) - 1, true);
    }),
    { numRuns: 500 },
  );
  assertEquals(JSON_LIMITS.depth, 64);
});

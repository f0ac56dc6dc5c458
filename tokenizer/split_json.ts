/**
 * Maps the `pre_tokenizer` of a tokenizer.json to a split.
 *
 * @module
 */

import type { SplitName } from "./pretokenize.ts";

/** GPT-4's split as Llama 3's and GPT-4's files write it. */
const GPT4_PATTERN = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|" +
  " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

const byteLevel = (useRegex: boolean) => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
});

/** What tokenizer.json has under `pre_tokenizer` for a split. */
export function formatSplit(split: SplitName): unknown {
  if (split === "gpt2") return byteLevel(true);
  const pattern = { Regex: GPT4_PATTERN };
  return {
    type: "Sequence",
    pretokenizers: [
      { type: "Split", pattern, behavior: "Isolated", invert: false },
      byteLevel(false),
    ],
  };
}

/**
 * The split that `pre_tokenizer` asks for.
 *
 * @throws {SyntaxError} when it is not supported
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatSplit, parseSplit } from "./split_json.ts";
 * assertEquals(parseSplit(formatSplit("gpt4")), "gpt4");
 * ```
 */
export function parseSplit(value: unknown): SplitName {
  const split = (["gpt2", "gpt4"] as const).find((name) => isLike(value, formatSplit(name)));
  if (split !== undefined) return split;
  const got = value === undefined ? "nothing" : JSON.stringify(value).slice(0, 200);
  throw new SyntaxError(
    `pre_tokenizer must be ByteLevel with GPT-2's or GPT-4's split, got ${got}`,
  );
}

/** Fields that change no id, or that older files leave out where they have the usual value. */
const OPTIONAL = ["trim_offsets", "use_regex"];

function isLike(value: unknown, wanted: unknown, field = ""): boolean {
  if (field === "trim_offsets") return true;
  if (value === undefined && wanted === true && OPTIONAL.includes(field)) return true;
  if (typeof wanted !== "object" || wanted === null) return value === wanted;
  if (typeof value !== "object" || value === null) return false;
  const found = new Map(Object.entries(value));
  const fields = Object.entries(wanted);
  return fields.every(([name, part]) => isLike(found.get(name), part, name)) &&
    [...found.keys()].every((name) => OPTIONAL.includes(name) || Object.hasOwn(wanted, name));
}

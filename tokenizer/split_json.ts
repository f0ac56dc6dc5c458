/**
 * Maps the `pre_tokenizer` of a tokenizer.json to a split.
 *
 * @module
 */

import type { SplitName } from "./pretokenize.ts";

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const SPACES = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]", LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";

/** GPT-4's split as GPT-4's, Llama 3's and Qwen's files write it. */
const gpt4Pattern = (digits: string) =>
  `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${SPACES}`;
const o200kPattern = (digits: string, suffix: string) =>
  `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+${suffix}|[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*${suffix}|` +
  `${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${SPACES}`;
const DEEPSEEK = [
  "\\p{N}{1,3}",
  "[一-龥぀-ゟ゠-ヿ]+",
  "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+|" +
  ` ?[\\p{P}\\p{S}]+[\\r\\n]*|${SPACES}`,
];

const byteLevel = (useRegex: boolean, prefixSpace = false) => ({
  type: "ByteLevel",
  add_prefix_space: prefixSpace,
  trim_offsets: true,
  use_regex: useRegex,
});

const sequence = (...pretokenizers: unknown[]) => ({ type: "Sequence", pretokenizers });
const splitBy = (...patterns: string[]) =>
  sequence(
    ...patterns.map((Regex) => (
      { type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false }
    )),
    byteLevel(false),
  );

/** What each split is in a file, but for GPT-2's. */
const PRE_TOKENIZERS: Readonly<Record<Exclude<SplitName, "gpt2">, unknown>> = {
  smollm: sequence({ type: "Digits", individual_digits: true }, byteLevel(true)),
  gpt4: splitBy(gpt4Pattern("\\p{N}{1,3}")),
  qwen2: splitBy(gpt4Pattern("\\p{N}")),
  o200k: splitBy(o200kPattern("\\p{N}{1,3}", `${CONTRACTIONS}?`)),
  tekken: splitBy(o200kPattern("\\p{N}", "")),
  deepseek: splitBy(...DEEPSEEK),
};

/** What tokenizer.json has under `pre_tokenizer` for a split. */
export function formatSplit(
  split: SplitName,
  { prefixSpace = false }: { prefixSpace?: boolean } = {},
): unknown {
  return split === "gpt2" ? byteLevel(true, prefixSpace) : PRE_TOKENIZERS[split];
}

/**
 * The split that `pre_tokenizer` asks for, and whether a space goes before a text.
 *
 * @throws {SyntaxError} when it is not supported
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatSplit, parseSplit } from "./split_json.ts";
 * assertEquals(parseSplit(formatSplit("gpt4")), { split: "gpt4", prefixSpace: false });
 * ```
 */
export function parseSplit(value: unknown): { split: SplitName; prefixSpace: boolean } {
  const names: readonly SplitName[] = ["gpt2", ...Object.keys(PRE_TOKENIZERS) as SplitName[]];
  const split = names.find((name) => isLike(value, formatSplit(name)));
  if (split !== undefined) return { split, prefixSpace: false };
  if (isLike(value, byteLevel(true, true))) return { split: "gpt2", prefixSpace: true };
  const got = value === undefined ? "nothing" : JSON.stringify(value).slice(0, 200);
  throw new SyntaxError(
    `pre_tokenizer must be ByteLevel with the split of GPT-2, GPT-4, Llama 3, Qwen2, SmolLM, o200k, ` +
      `Tekken or DeepSeek, got ${got}`,
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

/**
 * Reads and writes the tokenizer.json of Hugging Face tokenizers, for byte-level BPE models.
 *
 * @module
 */

import { formatPostProcessor, parsePostProcessor } from "./post_processor.ts";
import { checkJsonBounds } from "./json_bounds.ts";
import { formatSplit, parseSplit } from "./split_json.ts";
import { type SpecialToken, Tokenizer } from "./tokenizer.ts";

/** Larger files are refused unread: the largest vocabularies in use take about 30 MiB. */
export const MAX_FILE_BYTES = 64 * 2 ** 20;
/** More special tokens are refused before anything is made of them. */
const MAX_SPECIALS = 2 ** 14;
/** Ids may leave gaps, but a small file must not require large tables: most ids per token. */
const IDS_A_TOKEN = 4, SPARE_IDS = 1024;

/**
 * Reads a tokenizer.json. The tokens that its post-processor puts first are {@linkcode
 * Tokenizer.prefixIds}.
 *
 * @throws {SyntaxError} naming `source` and the field, when it is not JSON, broken, or asks for
 * something other than byte-level BPE with a split of split_json.ts
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatTokenizer, parseTokenizer } from "./tokenizer_json.ts";
 * import { trainTokenizer } from "./train.ts";
 * const trained = await trainTokenizer(["ab ab"], { vocabSize: 259 });
 * const read = parseTokenizer(formatTokenizer(trained), { source: "tokenizer.json" });
 * assertEquals(read.encode("ab").length, 1);
 * ```
 */
export function parseTokenizer(
  text: string,
  { source, isChecked = false }: {
    source: string;
    /** Whether the text has already passed the limits. */
    isChecked?: boolean;
  },
): Tokenizer {
  try {
    if (text.length > MAX_FILE_BYTES) {
      throw new SyntaxError(`it is larger than ${MAX_FILE_BYTES} bytes`);
    }
    if (!isChecked) checkJsonBounds(text);
    const root = record(JSON.parse(text), "the file");
    expect(root.version, { field: "version", allowed: ["1.0", undefined] });
    const model = record(root.model, "model");
    refuseSentencePiece(root, model);
    const nfc = parseNormalizer(root.normalizer);
    expect(model.type, { field: "model.type", allowed: ["BPE", undefined] });
    expect(model.byte_fallback, { field: "model.byte_fallback", allowed: [false, undefined] });
    const { ignore_merges: ignoreMerges } = model;
    expect(ignoreMerges, { field: "model.ignore_merges", allowed: [false, true, undefined] });
    expect(model.dropout, { field: "model.dropout", allowed: [null, undefined] });
    for (const field of ["continuing_subword_prefix", "end_of_word_suffix"]) {
      expect(model[field], { field: `model.${field}`, allowed: [null, undefined, ""] });
    }
    const merges = list(model.merges, { field: "model.merges" });
    const specials = list(root.added_tokens ?? [], { field: "added_tokens", most: MAX_SPECIALS });
    const entries = Object.entries(record(model.vocab, "model.vocab"));
    const below = IDS_A_TOKEN * (entries.length + specials.length) + SPARE_IDS;
    const vocab = new Map<string, number>();
    for (const [token, id] of entries) {
      vocab.set(token, tokenId(id, { field: `model.vocab[${JSON.stringify(token)}]`, below }));
    }
    if (new Set(vocab.values()).size !== vocab.size) {
      throw new SyntaxError("model.vocab gives one id to two tokens");
    }
    const prefix = parsePostProcessor(root.post_processor);
    const { split, prefixSpace } = parseSplit(root.pre_tokenizer);
    return new Tokenizer({
      ...(prefix.length > 0 && { prefix }),
      vocab,
      merges: merges.map(parseMerge),
      specials: specials.map((value, index) => parseSpecial(value, { index, below })),
      split,
      ...(prefixSpace && { prefixSpace }),
      ...(nfc && { nfc }),
      ignoreMerges: ignoreMerges === true,
    });
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw refuse(source, cause.message, cause);
  }
}

/** Refuses the tokenizers of SentencePiece, which mark spaces by U+2581 and fall back to bytes. */
function refuseSentencePiece(root: Record<string, unknown>, model: Record<string, unknown>): void {
  const parts = JSON.stringify([root.normalizer, root.pre_tokenizer, root.decoder]);
  if (model.byte_fallback !== true && model.type !== "Unigram" && !parts.includes("Metaspace")) {
    return;
  }
  throw new SyntaxError(
    "it is a tokenizer of SentencePiece's kind (Metaspace, byte fallback or Unigram), which is not " +
      "supported; choose a model with byte-level BPE, as Llama 3's, Qwen's or SmolLM2's",
  );
}

/** Whether texts are normalized to form C. */
function parseNormalizer(value: unknown): boolean {
  if (value === null || value === undefined) return false;
  const { type, normalizers } = record(value, "normalizer");
  if (type === "Sequence") {
    return list(normalizers, { field: "normalizer.normalizers", most: 1 }).some(parseNormalizer);
  }
  expect(type, { field: "normalizer.type", allowed: ["NFC"] });
  return true;
}

/** The error for an unsupported file. */
export function refuse(source: string, reason: string, cause?: Error): SyntaxError {
  return new SyntaxError(`Cannot read tokenizer ${source}: ${reason}`, { cause });
}

/** A special token as an entry of `added_tokens`. */
export function formatSpecial({ id, content }: SpecialToken): Record<string, unknown> {
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  return { id, content, ...flags, special: true };
}

/** Writes a tokenizer.json, indented and in the order in which Hugging Face tokenizers does. */
export function formatTokenizer(tokenizer: Tokenizer): string {
  const { parts } = tokenizer;
  const head = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: parts.specials.map(formatSpecial),
    normalizer: parts.nfc ? { type: "NFC" } : null,
    pre_tokenizer: formatSplit(parts.split ?? "gpt2", { prefixSpace: parts.prefixSpace ?? false }),
    post_processor: formatPostProcessor(
      (parts.prefix ?? []).map((id) => ({ id, content: tokenizer.idToToken(id) ?? "" })),
    ),
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: parts.ignoreMerges ?? false,
    },
  };
  // Written by hand: an object would put keys that look like integers first.
  const vocab = [...parts.vocab].sort(([, a], [, b]) => a - b)
    .map(([token, id]) => `      ${JSON.stringify(token)}: ${id}`).join(",\n");
  const merges = parts.merges
    .map((pair) =>
      `      [\n${pair.map((p) => `        ${JSON.stringify(p)}`).join(",\n")}\n      ]`
    )
    .join(",\n");
  const tail = `,\n    "vocab": {\n${vocab}\n    },\n    "merges": [${
    merges === "" ? "" : `\n${merges}\n    `
  }]\n  }\n}`;
  return JSON.stringify(head, null, 2).replace(/\n {2}\}\n\}$/, () => tail);
}

function record(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SyntaxError(`${field} is not an object`);
  }
  return value as Record<string, unknown>;
}

function list(
  value: unknown,
  { field, most = Infinity }: { field: string; most?: number },
): unknown[] {
  if (!Array.isArray(value)) throw new SyntaxError(`${field} is not an array`);
  if (value.length > most) throw new SyntaxError(`${field} has more than ${most} entries`);
  return value;
}

function expect(value: unknown, { field, allowed }: { field: string; allowed: unknown[] }): void {
  if (allowed.includes(value)) return;
  const got = value === undefined ? "nothing" : JSON.stringify(value).slice(0, 80);
  throw new SyntaxError(`${field} must be ${JSON.stringify(allowed[0])}, got ${got}`);
}

function tokenId(value: unknown, { field, below }: { field: string; below: number }): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < below) {
    return value;
  }
  throw new SyntaxError(`${field} must be an integer from 0 to ${below - 1}`);
}

/** A pair as `["a", "b"]` or, in older files, `"a b"`. */
function parseMerge(value: unknown, rank: number): [string, string] {
  const parts = typeof value === "string" ? value.split(" ") : value;
  if (Array.isArray(parts) && parts.length === 2) {
    const [left, right]: unknown[] = parts;
    if (typeof left === "string" && typeof right === "string") return [left, right];
  }
  throw new SyntaxError(`model.merges[${rank}] is not a pair of tokens`);
}

function parseSpecial(
  value: unknown,
  { index, below }: { index: number; below: number },
): SpecialToken {
  const field = `added_tokens[${index}]`;
  const token = record(value, field);
  if (typeof token.content !== "string" || token.content === "") {
    throw new SyntaxError(`${field}.content is not a text`);
  }
  for (const flag of ["single_word", "lstrip", "rstrip"]) {
    expect(token[flag], { field: `${field}.${flag}`, allowed: [false, undefined] });
  }
  return { id: tokenId(token.id, { field: `${field}.id`, below }), content: token.content };
}

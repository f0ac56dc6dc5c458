/**
 * Statistics of a vocabulary: which tokens occur, and how much text each represents.
 *
 * @module
 */
import type { Tokenizer } from "./tokenizer.ts";

/** Number of example tokens. */
const EXAMPLES = 10;

/** Result of {@linkcode describeUses}. */
export interface TokenUses {
  /** Ids of the vocabulary, and those of them that occur. */
  readonly size: number;
  /** At most `size`. */
  readonly used: number;
  /** Bytes of text for each token, end-of-text tokens aside. */
  readonly bytesPerToken: number;
  /** Written forms, the most frequent first. */
  readonly mostFrequent: readonly string[];
  /** Written forms of the longest tokens that occur, special tokens aside. */
  readonly longest: readonly string[];
}

/**
 * Describes how often ids occur.
 *
 * @param uses `[vocabSize]`
 */
export function describeUses(uses: Float64Array, tokenizer: Tokenizer): TokenUses {
  const used = Array.from(uses.keys()).filter((id) => uses[id] as number > 0);
  const specials = new Set(tokenizer.parts.specials.map(({ id }) => id));
  const written = (id: number) => tokenizer.idToToken(id) ?? "";
  const encoder = new TextEncoder();
  let tokens = 0, bytes = 0;
  for (const id of used) {
    const times = uses[id] as number;
    tokens += times;
    // Written forms have one character per byte, except those of special tokens.
    if (!specials.has(id)) bytes += times * written(id).length;
    else if (id !== tokenizer.endOfTextId) bytes += times * encoder.encode(written(id)).length;
  }
  return {
    size: uses.length,
    used: used.length,
    bytesPerToken: bytes / Math.max(1, tokens),
    mostFrequent: used.toSorted((a, b) => (uses[b] as number) - (uses[a] as number))
      .slice(0, EXAMPLES).map(written),
    longest: used.filter((id) => !specials.has(id)).map(written)
      .sort((a, b) => b.length - a.length || (a < b ? -1 : 1)).slice(0, EXAMPLES),
  };
}

/** Counts the uses of `ids` in `uses`, `[vocabSize]`. */
export function addUses(uses: Float64Array, ids: Iterable<number>): void {
  for (const id of ids) uses[id] = (uses[id] ?? 0) + 1;
}

/**
 * Which n-grams of words are the same, for every n at once.
 *
 * @module
 */
import type { TextView } from "./text_view.ts";

/** Numbers for the n-grams of one text: equal n-grams have equal numbers. */
export interface Grams {
  /** `[positions]`: number of the n-gram that begins at each token. */
  readonly ids: Float64Array;
  readonly n: number;
}

const CACHE = new WeakMap<
  TextView,
  { grams: Grams[]; words: Float64Array; starts: Float64Array }
>();

/**
 * The n-grams of a text. An (n+1)-gram is a pair of an n-gram and a word, so that no n-gram is ever
 * spelled out.
 */
export function gramsOf(view: TextView, n: number): Grams {
  const { grams, words } = numbered(view);
  while (grams.length < n) {
    const shorter = (grams.at(-1) as Grams).ids;
    const ids = new Float64Array(Math.max(0, shorter.length - 1));
    const numbers = new Map<number, number>();
    for (let i = 0; i < ids.length; i++) {
      // Both numbers stay below the count of tokens, their pair below 2^53.
      const pair = (shorter[i] as number) * words.length + (words[i + grams.length] as number);
      ids[i] = numberOf(numbers, pair);
    }
    grams.push({ ids, n: grams.length + 1 });
  }
  return grams[n - 1] as Grams;
}

/** Code points of the tokens from `start`, `n` of them, without anything between. */
export function gramLength(view: TextView, { start, n }: { start: number; n: number }): number {
  const { starts } = numbered(view);
  return (starts[start + n] as number) - (starts[start] as number);
}

function numbered(view: TextView) {
  const found = CACHE.get(view);
  if (found) return found;
  const { tokens } = view;
  const numbers = new Map<string, number>();
  const words = Float64Array.from(tokens, (token) => numberOf(numbers, token));
  const starts = new Float64Array(tokens.length + 1);
  for (const [i, token] of tokens.entries()) {
    starts[i + 1] = (starts[i] as number) + view.lengthOf(token);
  }
  const made = { grams: [{ ids: words, n: 1 }], words, starts };
  CACHE.set(view, made);
  return made;
}

function numberOf<K>(numbers: Map<K, number>, key: K): number {
  const known = numbers.get(key);
  if (known !== undefined) return known;
  numbers.set(key, numbers.size);
  return numbers.size - 1;
}

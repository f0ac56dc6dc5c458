/**
 * Guesses how a text goes on: as it did where its last tokens came before (prompt lookup decoding,
 * Saxena, 2023). No second model is needed, and what quotes its prompt or repeats itself is guessed well.
 *
 * @module
 */

/** Tokens that must agree with an earlier place, most first. */
const NGRAMS = [4, 3, 2] as const;
/** After guesses that were all wrong, none is made for this many tokens at most. */
const LONGEST_PAUSE = 32;

/**
 * A text and where each of its n-grams came last.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PromptLookup } from "./prompt_lookup.ts";
 * const lookup = new PromptLookup();
 * for (const id of [5, 6, 7, 8, 9, 5, 6]) lookup.push(id);
 * assertEquals(lookup.draft(3), [7, 8, 9]);
 * ```
 */
export class PromptLookup {
  readonly #ids: number[] = [];
  /** For each length, the place after the n-gram's last occurrence before the text's end. */
  readonly #after = NGRAMS.map((length) => ({ length, places: new Map<number, number>() }));
  #pause = 0;
  #skip = 0;
  #length = Infinity;

  /** Adds a token. */
  push(id: number): void {
    const end = this.#ids.length;
    for (const { length, places } of this.#after) {
      if (end >= length) places.set(this.#key(length), end);
    }
    this.#ids.push(id);
    if (this.#skip > 0) this.#skip--;
  }

  /** At most `most` tokens that may follow; none where nothing is known or guesses have been wrong. */
  draft(most: number): number[] {
    if (this.#skip > 0) return [];
    const end = this.#ids.length;
    for (const { length, places } of this.#after) {
      const from = end >= length ? places.get(this.#key(length)) : undefined;
      if (from === undefined) continue;
      const draft: number[] = [];
      // What the text runs into at its end is the guess itself: a loop goes on.
      for (let i = from; draft.length < Math.min(most, this.#length); i++) {
        draft.push((i < end ? this.#ids[i] : draft[i - end]) as number);
      }
      return draft;
    }
    return [];
  }

  /** Learns how many of a draft's tokens were right. */
  judge({ read, accepted }: { read: number; accepted: number }): void {
    if (accepted > 0) {
      this.#pause = 0;
      this.#length = accepted === read ? 2 * read : accepted + 1;
      return;
    }
    this.#pause = Math.min(LONGEST_PAUSE, 2 * this.#pause + 1);
    this.#skip = this.#pause;
    this.#length = 2;
  }

  /** The text's last tokens as a number; where two n-grams share one, the guess is wrong at worst. */
  #key(length: number): number {
    let key = 0;
    for (let i = this.#ids.length - length; i < this.#ids.length; i++) {
      key = (Math.imul(key, 0x9e3779b1) ^ ((this.#ids[i] as number) + 1)) >>> 0;
    }
    return key;
  }
}

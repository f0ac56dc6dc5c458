/**
 * Ids of words, with a cache: most words of a text have been seen before.
 *
 * @module
 */

import { BYTE_CHARS } from "./byte_alphabet.ts";
import type { MergeRules } from "./merge.ts";
import { MAX_PRETOKEN_BYTES, type PretokenVisitor } from "./pretokenize.ts";
import { WordTable } from "./word_table.ts";

/** The word cache starts again past either bound: about 2 MiB together. */
const CACHE_WORDS = 1 << 15;
const CACHE_BYTES = 1 << 20;

/** Choices for {@linkcode WordEncoder}. */
export interface WordEncoderOptions {
  /** Ids of written forms. */
  readonly vocab: ReadonlyMap<string, number>;
  readonly rules: MergeRules;
  /** A word that is a token as it stands is that token, whatever merging would give. */
  readonly ignoreMerges?: boolean;
  /** Tokens that no word is, though the vocabulary may have their text. */
  readonly specials?: readonly { readonly id: number }[];
}

/**
 * Writes the ids of one word after another.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MergeRules } from "./merge.ts";
 * import { WordEncoder } from "./word_encoder.ts";
 * const vocab = new Map([["a", 0], ["b", 1]]);
 * const words = new WordEncoder({ vocab, rules: new MergeRules() });
 * words.visit(new TextEncoder().encode("abba"), 0, 4);
 * assertEquals([...words.ids], [0, 1, 1, 0]);
 * ```
 */
export class WordEncoder {
  readonly #vocab: ReadonlyMap<string, number>;
  readonly #rules: MergeRules;
  readonly #ignoreMerges: boolean;
  readonly #specialIds: ReadonlySet<number>;
  readonly #idOfByte = new Int32Array(256);
  readonly #cache = new WordTable();
  /** Ids of cached word `i`: `#cacheIds[#cacheEnds[i - 1], #cacheEnds[i])`. */
  readonly #cacheEnds = new Int32Array(CACHE_WORDS);
  readonly #cacheIds = new Int32Array(CACHE_BYTES + MAX_PRETOKEN_BYTES);
  readonly #symbols = new Int32Array(MAX_PRETOKEN_BYTES);
  #output = new Uint32Array(4096);
  #length = 0;

  /** The vocabulary is borrowed. */
  constructor({ vocab, rules, ignoreMerges = false, specials = [] }: WordEncoderOptions) {
    this.#vocab = vocab;
    this.#rules = rules;
    this.#ignoreMerges = ignoreMerges;
    this.#specialIds = new Set(specials.map(({ id }) => id));
    for (const [byte, char] of BYTE_CHARS.entries()) this.#idOfByte[byte] = vocab.get(char) ?? -1;
  }

  /** Forgets the ids written so far; the cache stays. */
  start(): void {
    this.#length = 0;
  }

  /** The ids written since the start, valid until more are written. */
  get ids(): Uint32Array {
    return this.#output.subarray(0, this.#length);
  }

  /** Writes one id. */
  emit(id: number): void {
    if (this.#length === this.#output.length) {
      const output = new Uint32Array(this.#length * 2);
      output.set(this.#output);
      this.#output = output;
    }
    this.#output[this.#length++] = id;
  }

  /**
   * Writes the ids of a word.
   *
   * @throws {RangeError} at a byte that the vocabulary does not have
   */
  readonly visit: PretokenVisitor = (bytes, start, end) => {
    let word = this.#cache.find(bytes, start, end);
    if (word < 0) word = this.#learnWord(bytes, start, end);
    const ids = this.#cacheIds;
    const stop = this.#cacheEnds[word] as number;
    for (let at = word === 0 ? 0 : this.#cacheEnds[word - 1] as number; at < stop; at++) {
      this.emit(ids[at] as number);
    }
  };

  /** Merges a word that is not in the cache, and adds it. */
  #learnWord(bytes: Uint8Array, start: number, end: number): number {
    if (this.#cache.size === CACHE_WORDS || this.#cache.byteLength > CACHE_BYTES) {
      this.#cache.clear();
    }
    const length = this.#mergeWord(bytes, start, end);
    const word = this.#cache.add(bytes, { start, end });
    const at = word === 0 ? 0 : this.#cacheEnds[word - 1] as number;
    this.#cacheIds.set(this.#symbols.subarray(0, length), at);
    this.#cacheEnds[word] = at + length;
    return word;
  }

  /** Writes the ids of a word into `#symbols` and returns their number. */
  #mergeWord(bytes: Uint8Array, start: number, end: number): number {
    if (this.#ignoreMerges) {
      let token = "";
      for (let i = start; i < end; i++) token += BYTE_CHARS[bytes[i] as number];
      const id = this.#vocab.get(token);
      if (id !== undefined && !this.#specialIds.has(id)) {
        this.#symbols[0] = id;
        return 1;
      }
    }
    for (let i = start; i < end; i++) {
      const id = this.#idOfByte[bytes[i] as number] as number;
      if (id < 0) {
        throw new RangeError(`Cannot encode byte ${bytes[i]}: it is not in the vocabulary`);
      }
      this.#symbols[i - start] = id;
    }
    return this.#rules.merge(this.#symbols, end - start);
  }
}

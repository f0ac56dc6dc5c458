/**
 * A text as the quality rules look at it. What several rules need is made once, and only when one
 * of them asks.
 *
 * @module
 */
import { isWord, splitWords } from "./words.ts";

const SURROGATE = /[\ud800-\udfff]/;

/** A text, its lines and its words. */
export class TextView {
  readonly text: string;
  /** Code points. */
  readonly length: number;
  readonly #isWide: boolean;
  #tokens: readonly string[] | undefined;
  #words: readonly string[] | undefined;
  #lines: readonly string[] | undefined;

  /** Looks at `text`, which must not be empty. */
  constructor(text: string) {
    this.text = text;
    this.#isWide = SURROGATE.test(text);
    this.length = this.lengthOf(text);
  }

  /** Words and signs of punctuation. */
  get tokens(): readonly string[] {
    return this.#tokens ??= splitWords(this.text);
  }

  /** Those of the tokens that are words. */
  get words(): readonly string[] {
    return this.#words ??= this.tokens.filter(isWord);
  }

  /** Lines that are not blank. */
  get lines(): readonly string[] {
    return this.#lines ??= this.text.split("\n").filter((line) => line.trim() !== "");
  }

  /** Code points of a part of this text. */
  lengthOf(part: string): number {
    if (!this.#isWide) return part.length;
    let count = 0;
    for (const _ of part) count++;
    return count;
  }
}

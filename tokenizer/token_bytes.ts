/**
 * The bytes of every token, end to end: as arrays of their own they would take more than all the rest
 * of a tokenizer.
 *
 * @module
 */

import { writeToken } from "./byte_alphabet.ts";
import { grown } from "./flat_array.ts";

/**
 * Bytes by id.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { TokenBytes } from "./token_bytes.ts";
 * const bytes = new TokenBytes(["Ġthe", undefined, "<s>"], [{ id: 2, content: "<s>" }]);
 * assertEquals(new TextDecoder().decode(bytes.of(0)), " the");
 * assertEquals(bytes.of(1), undefined);
 * assertEquals(bytes.of(2)?.length, 3);
 * ```
 */
export class TokenBytes {
  readonly #arena: Uint8Array;
  /** Token `id` is `arena[starts[id], starts[id + 1])`. */
  readonly #starts: Uint32Array;
  /** Whether an id has bytes, which may be none. */
  readonly #isKnown: Uint8Array;

  /**
   * @param tokens written forms by id
   * @param specials whose text is their bytes
   */
  constructor(
    tokens: readonly (string | undefined)[],
    specials: readonly { readonly id: number; readonly content: string }[],
  ) {
    const texts = new Map(
      specials.map(({ id, content }) => [id, new TextEncoder().encode(content)]),
    );
    this.#starts = new Uint32Array(tokens.length + 1);
    this.#isKnown = new Uint8Array(tokens.length);
    let arena = new Uint8Array(1024), size = 0;
    for (let id = 0; id < tokens.length; id++) {
      const text = texts.get(id), token = tokens[id] ?? "";
      while (size + (text ?? token).length > arena.length) arena = grown(arena);
      if (text !== undefined) arena.set(text, size);
      if (text !== undefined || (tokens[id] !== undefined && writeToken(token, arena, size))) {
        size += (text ?? token).length;
        this.#isKnown[id] = 1;
      }
      this.#starts[id + 1] = size;
    }
    this.#arena = arena;
  }

  /** The bytes of an id; undefined where no token has it. */
  of(id: number): Uint8Array | undefined {
    return this.#isKnown[id] === 1
      ? this.#arena.subarray(this.#starts[id], this.#starts[id + 1])
      : undefined;
  }
}

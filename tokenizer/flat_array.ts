/**
 * Flat arrays that grow and are freed at once: the collector would keep outgrown ones while there is
 * little other garbage.
 *
 * @module
 */

/** The kinds of array that tables are made of. */
export type FlatArray = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array;

/**
 * A copy of twice the length, padded with zeros. Frees the array itself.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { grown } from "./flat_array.ts";
 * const array = Int32Array.of(1, 2);
 * assertEquals(grown(array), Int32Array.of(1, 2, 0, 0));
 * assertEquals(array.length, 0);
 * ```
 */
export function grown<A extends FlatArray>(array: A): A {
  const copy = new (array.constructor as new (length: number) => A)(array.length * 2);
  copy.set(array);
  release(array);
  return copy;
}

/** Frees the memory of arrays; they, and all other views of it, then have length 0. */
export function release(...arrays: FlatArray[]): void {
  for (const { buffer } of arrays) {
    if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
  }
}

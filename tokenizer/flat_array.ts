/**
 * Flat arrays that grow and are given back at once: left to the collector, what is outgrown would
 * stay for as long as there is little other garbage.
 *
 * @module
 */

/** The kinds of array that tables are made of. */
export type FlatArray = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array;

/**
 * A copy with room for twice as much, zeros after what was there. The array itself is released.
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

/** Gives the memory of arrays back; they, and all other views of it, have length 0 from then on. */
export function release(...arrays: FlatArray[]): void {
  for (const { buffer } of arrays) {
    if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
  }
}

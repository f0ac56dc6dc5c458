/**
 * Weights in segments, for each of which the outer step can be taken by itself.
 *
 * @module
 */
import { joinBytes } from "../../../model/bytes.ts";
import { BLOCK } from "./delta.ts";
import type { DeltaForm } from "./state.ts";

/** Weights from `start` to before `end`. */
export interface Segment {
  readonly start: number;
  readonly end: number;
}

/** Cuts `length` weights into `count` segments of about the same length, between weights of two scales. */
export function segmentsOf(length: number, count: number): Segment[] {
  const blocks = Math.ceil(length / BLOCK);
  const cut = (at: number) => Math.min(length, BLOCK * Math.floor(at * blocks / count));
  return Array.from({ length: count }, (_, at) => ({ start: cut(at), end: cut(at + 1) }));
}

/**
 * An encoded delta of `length` weights as those of its segments, each of which `decodeDelta` reads.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cutDelta, joinDelta } from "./segments.ts";
 * // Two scales, and 300 weights.
 * const bytes = new Uint8Array(8 + 300).fill(7);
 * const parts = cutDelta(bytes, { form: "int8", length: 300, count: 2 });
 * assertEquals(parts.map(({ length }) => length), [4 + 256, 4 + 44]);
 * assertEquals(joinDelta(parts, { form: "int8", length: 300 }), bytes);
 * ```
 */
export function cutDelta(
  bytes: Uint8Array<ArrayBuffer>,
  { form, length, count }: { form: DeltaForm; length: number; count: number },
): Uint8Array<ArrayBuffer>[] {
  return segmentsOf(length, count).map((segment) =>
    joinBytes(rangesOf(segment, { form, length }).map(([from, to]) => bytes.subarray(from, to)))
  );
}

/** The delta whose segments these are. */
export function joinDelta(
  parts: readonly Uint8Array<ArrayBuffer>[],
  { form, length }: { form: DeltaForm; length: number },
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  for (const [at, segment] of segmentsOf(length, parts.length).entries()) {
    let read = 0;
    for (const [from, to] of rangesOf(segment, { form, length })) {
      bytes.set((parts[at] as Uint8Array).subarray(read, read += to - from), from);
    }
  }
  return bytes;
}

/** Where the bytes of a segment are: its scales, if there are any, and its weights. */
function rangesOf(
  { start, end }: Segment,
  { form, length }: { form: DeltaForm; length: number },
): (readonly [from: number, to: number])[] {
  if (form === "f32") return [[4 * start, 4 * end]];
  const scales = 4 * Math.ceil(length / BLOCK);
  return [[4 * start / BLOCK, 4 * Math.ceil(end / BLOCK)], [scales + start, scales + end]];
}

/**
 * The change of a replica's weights in a round, as bytes that travel: f32, or int8 with a scale for
 * every block and the rounding error kept for the next round (error feedback, arXiv 1901.09847).
 *
 * @module
 */
import type { DeltaForm } from "./state.ts";

/** Weights that share a scale. */
export const BLOCK = 256;
const LARGEST = 127;

/** A delta and what it leaves out. */
export interface EncodedDelta {
  /** The same on every machine. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Set with `int8`. */
  readonly residual?: Float32Array;
}

/**
 * Encodes `before - after`, plus the `residual` of the round before.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decodeDelta, encodeDelta } from "./delta.ts";
 * const [before, after] = [Float32Array.of(1, 2), Float32Array.of(0.5, 4)];
 * const { bytes } = encodeDelta({ before, after }, { form: "f32" });
 * assertEquals(decodeDelta(bytes, { form: "f32", length: 2 }), Float32Array.of(0.5, -2));
 * ```
 */
export function encodeDelta(
  { before, after }: { before: Float32Array; after: Float32Array },
  { form, residual }: { form: DeltaForm; residual?: Float32Array },
): EncodedDelta {
  const delta = new Float32Array(before.length);
  for (let i = 0; i < delta.length; i++) {
    delta[i] = (before[i] as number) - (after[i] as number);
    if (residual) delta[i] = (delta[i] as number) + (residual[i] as number);
  }
  return form === "f32" ? { bytes: new Uint8Array(delta.buffer) } : quantize(delta);
}

/** Turns `delta` into its own residual. */
function quantize(delta: Float32Array): EncodedDelta {
  const blocks = Math.ceil(delta.length / BLOCK);
  const bytes = new Uint8Array(4 * blocks + delta.length);
  const scales = new Float32Array(bytes.buffer, 0, blocks);
  const values = new Int8Array(bytes.buffer, 4 * blocks);
  for (let block = 0; block < blocks; block++) {
    const end = Math.min(delta.length, (block + 1) * BLOCK);
    let largest = 0;
    for (let i = block * BLOCK; i < end; i++) {
      largest = Math.max(largest, Math.abs(delta[i] as number));
    }
    const scale = Math.fround(largest / LARGEST);
    scales[block] = scale;
    // A scale that underflows leaves everything to the residual.
    if (scale === 0) continue;
    for (let i = block * BLOCK; i < end; i++) {
      const rounded = Math.round((delta[i] as number) / scale);
      const value = Math.max(-LARGEST, Math.min(LARGEST, rounded));
      values[i] = value;
      delta[i] = (delta[i] as number) - Math.fround(value * scale);
    }
  }
  return { bytes, residual: delta };
}

/**
 * The delta in `bytes`, `[length]`.
 *
 * @throws {RangeError} when they are not those of so many weights in this form
 */
export function decodeDelta(
  bytes: Uint8Array,
  { form, length }: { form: DeltaForm; length: number },
): Float32Array {
  const blocks = Math.ceil(length / BLOCK);
  const size = form === "f32" ? 4 * length : 4 * blocks + length;
  if (bytes.length !== size) {
    throw new RangeError(
      `Cannot read a delta of ${bytes.length} bytes: ${length} weights have ${size} in ${form}`,
    );
  }
  // Floats need an address that is a multiple of four.
  const { buffer, byteOffset } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  if (form === "f32") return new Float32Array(buffer, byteOffset, length);
  const scales = new Float32Array(buffer, byteOffset, blocks);
  const values = new Int8Array(buffer, byteOffset + 4 * blocks, length);
  const delta = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    delta[i] = (values[i] as number) * (scales[Math.floor(i / BLOCK)] as number);
  }
  return delta;
}

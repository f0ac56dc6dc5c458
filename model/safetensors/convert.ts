/**
 * Widens stored elements to f32.
 *
 * @module
 */

/** Dtypes that can be read into a Float32Array, with their bytes an element. */
export const FLOAT_BYTES = { F32: 4, F16: 2, BF16: 2 } as const;

/** A key of {@linkcode FLOAT_BYTES}. */
export type FloatDtype = keyof typeof FLOAT_BYTES;

/** Whether elements of `dtype` can be widened. */
export function isFloatDtype(dtype: string): dtype is FloatDtype {
  return Object.hasOwn(FLOAT_BYTES, dtype);
}

/**
 * Widens little-endian elements exactly; every f16 and bf16, subnormals and infinities included,
 * is an f32.
 *
 * @param target f32, as many as `source` holds
 * @param source starts at a multiple of four bytes in its buffer
 */
export function widen(target: Float32Array, source: Uint8Array, dtype: FloatDtype): void {
  const { buffer, byteOffset } = source;
  if (dtype === "F32") {
    target.set(new Float32Array(buffer, byteOffset, target.length));
  } else if (dtype === "F16") {
    target.set(new Float16Array(buffer, byteOffset, target.length));
  } else {
    const halves = new Uint16Array(buffer, byteOffset, target.length);
    // A bf16 is the upper half of an f32.
    const words = new Uint32Array(target.buffer, target.byteOffset, target.length);
    for (let i = 0; i < halves.length; i++) words[i] = (halves[i] as number) << 16;
  }
}

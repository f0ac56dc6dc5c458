/**
 * Widens stored elements to f32, and narrows f32 to them.
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

/**
 * Narrows f32 to little-endian elements, to the nearest one, of two equally near the even one. What
 * is past the largest becomes an infinity.
 *
 * @param source f32; may be a view of shared memory
 * @returns as many elements as `source` holds
 */
export function narrow(source: Float32Array, dtype: FloatDtype): Uint8Array {
  if (dtype === "F32") return new Uint8Array(Float32Array.from(source).buffer);
  if (dtype === "F16") return new Uint8Array(Float16Array.from(source).buffer);
  const words = new Uint32Array(Float32Array.from(source).buffer);
  const halves = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    const isNan = (word & 0x7fffffff) > 0x7f800000;
    // A NaN stays one: rounding could carry it to infinity.
    const rounded = isNan ? word | 0x00400000 : word + 0x7fff + (word >>> 16 & 1);
    halves[i] = rounded >>> 16;
  }
  return new Uint8Array(halves.buffer);
}

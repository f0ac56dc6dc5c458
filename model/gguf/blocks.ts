/**
 * The element types of a GGUF file that this program writes: `f32`, `f16`, and `q8_0` (blocks of 32
 * signed bytes under one f16 scale), as ggml's ggml-common.h and ggml-quants.c define them.
 *
 * @module
 */

/** How the matrices of a file are stored. */
export type GgufType = "f32" | "f16" | "q8_0";

/** Elements of one q8_0 block. */
const BLOCK = 32;
/** Its f16 scale and its bytes. */
const BLOCK_BYTES = 2 + BLOCK;

/** ggml's number of each type. */
export const GGML_TYPE: Readonly<Record<GgufType, number>> = { f32: 0, f16: 1, q8_0: 8 };

/**
 * The type of a tensor where matrices have `wanted`: vectors stay f32, as ggml requires, and rows that
 * are not a whole number of blocks get f16.
 */
export function typeFor(shape: readonly number[], wanted: GgufType): GgufType {
  if (shape.length < 2) return "f32";
  return wanted === "q8_0" && (shape.at(-1) ?? 0) % BLOCK !== 0 ? "f16" : wanted;
}

/** Bytes that `elements` take, a multiple of a row. */
export function bytesOf(elements: number, type: GgufType): number {
  if (type === "q8_0") return elements / BLOCK * BLOCK_BYTES;
  return elements * (type === "f16" ? 2 : 4);
}

/** Encodes one or more whole rows. */
export function encodeRows(rows: Float32Array, type: GgufType): Uint8Array {
  if (type === "f32") return new Uint8Array(Float32Array.from(rows).buffer);
  if (type === "f16") return new Uint8Array(Float16Array.from(rows).buffer);
  const bytes = new Uint8Array(bytesOf(rows.length, type));
  const view = new DataView(bytes.buffer);
  for (let block = 0; block * BLOCK < rows.length; block++) {
    const values = rows.subarray(block * BLOCK, (block + 1) * BLOCK);
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
    view.setFloat16(block * BLOCK_BYTES, scale, true);
    if (scale === 0) continue;
    for (const [i, value] of values.entries()) {
      // Rounds halves away from zero, as C does.
      const rounded = Math.sign(value) * Math.round(Math.abs(value) / scale);
      view.setInt8(block * BLOCK_BYTES + 2 + i, rounded);
    }
  }
  return bytes;
}

/** Decodes the output of {@linkcode encodeRows} as ggml does: f16 scale times byte. */
export function decodeRows(target: Float32Array, bytes: Uint8Array, type: GgufType): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < target.length; i++) {
    if (type === "f32") target[i] = view.getFloat32(i * 4, true);
    else if (type === "f16") target[i] = view.getFloat16(i * 2, true);
    else {
      const block = Math.floor(i / BLOCK) * BLOCK_BYTES;
      target[i] = view.getFloat16(block, true) * view.getInt8(block + 2 + i % BLOCK);
    }
  }
}

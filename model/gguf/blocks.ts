/**
 * The element types of a GGUF file: `f32`, `f16`, and `q8_0` (blocks of 32 signed bytes under one f16
 * scale), and those that are read only: `bf16`, and `q4_0` (32 numbers of four bits under one scale),
 * as ggml's ggml-common.h and ggml-quants.c define them.
 *
 * @module
 */

/** How the matrices of a file are stored. */
export type GgufType = "f32" | "f16" | "q8_0";

/** How tensors that are read may be stored. */
export type StoredType = GgufType | "bf16" | "q4_0";

/** Elements of one block. */
const BLOCK = 32;
/** A q8_0 block's f16 scale and its bytes, and the same of q4_0. */
const BLOCK_BYTES = 2 + BLOCK, HALF_BYTES = 2 + BLOCK / 2;

/** ggml's number of each type. */
export const GGML_TYPE: Readonly<Record<StoredType, number>> = {
  f32: 0,
  f16: 1,
  q4_0: 2,
  q8_0: 8,
  bf16: 30,
};

/**
 * The type of a tensor where matrices have `wanted`: vectors stay f32, as ggml requires, and rows that
 * are not a whole number of blocks get f16.
 */
export function typeFor(shape: readonly number[], wanted: GgufType): GgufType {
  if (shape.length < 2) return "f32";
  return wanted === "q8_0" && (shape.at(-1) ?? 0) % BLOCK !== 0 ? "f16" : wanted;
}

/** Bytes that `elements` take, a multiple of a row. */
export function bytesOf(elements: number, type: StoredType): number {
  if (type === "q8_0") return elements / BLOCK * BLOCK_BYTES;
  if (type === "q4_0") return elements / BLOCK * HALF_BYTES;
  return elements * (type === "f32" ? 4 : 2);
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

/** Decodes rows as ggml does: f16 scale times number. */
export function decodeRows(target: Float32Array, bytes: Uint8Array, type: StoredType): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const view32 = new DataView(new ArrayBuffer(4));
  for (let i = 0; i < target.length; i++) {
    if (type === "f32") target[i] = view.getFloat32(i * 4, true);
    else if (type === "f16") target[i] = view.getFloat16(i * 2, true);
    else if (type === "bf16") {
      // The upper half of an f32.
      view32.setUint32(0, view.getUint16(i * 2, true) << 16);
      target[i] = view32.getFloat32(0);
    } else if (type === "q4_0") {
      const block = Math.floor(i / BLOCK) * HALF_BYTES, at = i % BLOCK;
      // The first half of a block is in the lower bits.
      const pair = view.getUint8(block + 2 + at % (BLOCK / 2));
      const number = at < BLOCK / 2 ? pair & 15 : pair >> 4;
      target[i] = view.getFloat16(block, true) * (number - 8);
    } else {
      const block = Math.floor(i / BLOCK) * BLOCK_BYTES;
      target[i] = view.getFloat16(block, true) * view.getInt8(block + 2 + i % BLOCK);
    }
  }
}

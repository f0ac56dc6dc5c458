/**
 * Text of a field, in which any character may stand.
 *
 * @module
 */
const ENCODER = new TextEncoder();

/** A field as UTF-8, without the characters U+0000 that would make it binary data. */
export const encodeText = (field: string): Uint8Array<ArrayBuffer> =>
  ENCODER.encode(field.includes("\0") ? field.replaceAll("\0", "") : field);

/**
 * Decoders of content codings, as functions from bytes to bytes.
 *
 * @module
 */
import { Readable, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createInflate, createInflateRaw } from "node:zlib";

/** Decodes one coding. */
export type Decoder = (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** A decoder made from a stream factory. */
export function decoderOf(make: () => Transform): Decoder {
  return async function* (source) {
    const decoder = make();
    const fed = pipeline(Readable.from(source), decoder);
    // Errors surface where the decoder is read.
    fed.catch(() => {});
    yield* decoder as AsyncIterable<Uint8Array>;
    await fed;
  };
}

const inflateZlib = decoderOf(() => createInflate());
const inflateBare = decoderOf(() => createInflateRaw());

/** Whether bytes begin as zlib's format does (RFC 1950, 2.2). */
function isZlib([first = 0, second = 0]: Uint8Array): boolean {
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
}

/**
 * Decodes `deflate`, which is zlib's format (RFC 9110, 8.4.1.2), although some servers send raw
 * deflate data (RFC 1951).
 */
export async function* inflateEither(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]();
  let head = new Uint8Array();
  while (head.byteLength < 2) {
    const { value, done } = await pieces.next();
    if (done) break;
    head = new Uint8Array([...head, ...value]);
  }
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield head;
    yield* { [Symbol.asyncIterator]: () => pieces };
  }
  yield* isZlib(head) ? inflateZlib(whole()) : inflateBare(whole());
}

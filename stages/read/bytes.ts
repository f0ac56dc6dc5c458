/**
 * A file as a stream of byte chunks, decompressed and, where it is UTF-16, turned into UTF-8.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { PassThrough, pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { SourceFile } from "./walk.ts";

/** The decoded bytes of a file. Leaving the loop closes the file. */
export async function* readBytes({ path, gzipped }: SourceFile): AsyncGenerator<Uint8Array> {
  // pipeline hands an error of the file on to the reader of the last stream and closes both.
  const stream = pipeline(
    createReadStream(path),
    gzipped ? createGunzip() : new PassThrough(),
    () => {},
  );
  for await (const chunk of stream as AsyncIterable<Uint8Array>) yield chunk;
}

/** The same bytes as UTF-8 where they begin with a UTF-16 byte order mark, else unchanged. */
export async function* asUtf8(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let decoder: TextDecoder | undefined;
  const encoder = new TextEncoder();
  let head: Uint8Array | undefined = new Uint8Array();
  for await (let chunk of source) {
    if (head !== undefined) {
      chunk = concat(head, chunk);
      head = chunk.byteLength < 2 ? chunk : undefined;
      if (head !== undefined) continue;
      if (chunk[0] === 0xff && chunk[1] === 0xfe) decoder = new TextDecoder("utf-16le");
      if (chunk[0] === 0xfe && chunk[1] === 0xff) decoder = new TextDecoder("utf-16be");
    }
    yield decoder === undefined ? chunk : encoder.encode(decoder.decode(chunk, { stream: true }));
  }
  if (head !== undefined && head.byteLength > 0) yield head;
  if (decoder !== undefined) yield encoder.encode(decoder.decode());
}

/** `a` followed by `b`. */
export function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.byteLength === 0) return b;
  const joined = new Uint8Array(a.byteLength + b.byteLength);
  joined.set(a);
  joined.set(b, a.byteLength);
  return joined;
}

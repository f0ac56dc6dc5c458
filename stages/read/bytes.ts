/**
 * A file or standard input as a stream of byte chunks, and text as UTF-8 whatever it was before.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { CHARSET_SAMPLE_BYTES, detectCharset, isShift, REPLACEMENT } from "../charset.ts";
import { concat } from "./byte_reader.ts";
import { ReadFailure } from "./failure.ts";
import { STDIN } from "./walk.ts";

/** Length of the longest byte order mark. */
const MARK_BYTES = 3;

/** The bytes of a file from `start`, or of standard input. Leaving the loop, or aborting, closes it. */
export async function* readBytes(
  path: string,
  { signal, start = 0, end = Infinity }: {
    signal?: AbortSignal | undefined;
    start?: number;
    /** Behind the last byte. */
    end?: number;
  } = {},
): AsyncGenerator<Uint8Array> {
  if (path !== STDIN) {
    if (end <= start) return;
    const stream = createReadStream(path, { start, end: end - 1 });
    for await (const chunk of stream as AsyncIterable<Uint8Array>) yield chunk;
    return;
  }
  const reader = Deno.stdin.readable.getReader();
  // Whoever feeds the pipe may never do so again.
  const stop = () => void reader.cancel(signal?.reason);
  signal?.addEventListener("abort", stop);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    await reader.cancel();
  }
}

/**
 * The same text as UTF-8. Its encoding is told by a byte order mark, else by what stands from the
 * first byte on that is not ASCII; where none is likely, the bytes go on as they are. Where text is
 * Unicode by its format, nothing else is looked for.
 *
 * @throws {ReadFailure} for text in an encoding that is not decoded
 */
export async function* asUtf8(
  source: AsyncIterable<Uint8Array>,
  { isUnicode = false }: { isUnicode?: boolean } = {},
): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let decoder: TextDecoder | undefined;
  let isTold = false, isFirst = true;
  let held: Uint8Array = new Uint8Array();
  try {
    for (;;) {
      const { done, value } = await chunks.next();
      let chunk = value as Uint8Array | undefined;
      if (!isTold) {
        if (chunk !== undefined) held = concat(held, chunk);
        const wanted = isAscii(held) ? MARK_BYTES : CHARSET_SAMPLE_BYTES;
        if (!done && held.byteLength < wanted) continue;
        chunk = held;
        held = new Uint8Array();
        const bom = isFirst ? bomLabel(chunk) : undefined;
        isFirst = false;
        isTold = bom !== undefined || !isAscii(chunk);
        const label = isTold ? bom ?? labelOf(chunk, isUnicode) : undefined;
        if (label !== undefined && label !== "utf-8") decoder = new TextDecoder(label);
      }
      if (decoder !== undefined) yield encoder.encode(decoder.decode(chunk, { stream: !done }));
      else if (chunk !== undefined && chunk.byteLength > 0) yield chunk;
      if (done) return;
    }
  } finally {
    await chunks.return?.();
  }
}

function bomLabel([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return first === 0xef && second === 0xbb && third === 0xbf ? "utf-8" : undefined;
}

function labelOf(chunk: Uint8Array, isUnicode: boolean): string | undefined {
  const label = detectCharset(chunk);
  if (isUnicode) return label?.startsWith("utf-16") ? label : undefined;
  if (label !== REPLACEMENT) return label;
  throw new ReadFailure(
    "malformed",
    "its text is in ISO-2022-KR, ISO-2022-CN or HZ; convert it to UTF-8",
  );
}

/**
 * ASCII text: a zero byte is none of it, so that UTF-16 is not taken for it, nor is one that may
 * shift to other characters.
 */
const isAscii = (bytes: Uint8Array) =>
  bytes.every((byte, at) => byte < 0x80 && byte > 0 && !isShift(bytes, at));

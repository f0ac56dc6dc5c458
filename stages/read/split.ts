/**
 * Cuts a byte stream at line ends, in bounded memory.
 *
 * @module
 */
import { joinBytes } from "../../model/bytes.ts";

const NEWLINE = 0x0a;

/** A line's bytes without its end, or `undefined` in place of a line longer than the cap. */
export type Line = Uint8Array | undefined;

/** The lines of a stream; one past `maxLineBytes` is skipped and reported as `undefined`. */
export async function* splitLines(
  source: AsyncIterable<Uint8Array>,
  { maxLineBytes }: { maxLineBytes: number },
): AsyncGenerator<Line> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  const take = (): Line => {
    const line = bytes > maxLineBytes ? undefined : joinBytes(pieces);
    pieces = [];
    bytes = 0;
    return line;
  };
  for await (const chunk of source) {
    let start = 0;
    for (let end; (end = chunk.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
      add(chunk.subarray(start, end));
      yield take();
    }
    add(chunk.subarray(start));
  }
  if (bytes > 0) yield take();

  function add(piece: Uint8Array): void {
    bytes += piece.byteLength;
    if (bytes > maxLineBytes) pieces = [];
    else pieces.push(piece);
  }
}

/**
 * The stream in parts of at most `maxPartBytes`, cut after the last line end that fits, else
 * before a code point of UTF-8.
 */
export async function* splitParts(
  source: AsyncIterable<Uint8Array>,
  { maxPartBytes }: { maxPartBytes: number },
): AsyncGenerator<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    pieces.push(chunk);
    bytes += chunk.byteLength;
    if (bytes <= maxPartBytes) continue;
    let rest = joinBytes(pieces.splice(0));
    while (rest.byteLength > maxPartBytes) {
      const end = cut(rest, maxPartBytes);
      yield rest.slice(0, end);
      rest = rest.subarray(end);
    }
    pieces.push(rest);
    bytes = rest.byteLength;
  }
  if (bytes > 0) yield joinBytes(pieces);
}

function cut(bytes: Uint8Array, limit: number): number {
  const newline = bytes.lastIndexOf(NEWLINE, limit - 1);
  if (newline >= 0) return newline + 1;
  let end = limit;
  // Continuation bytes look like 10xxxxxx; no code point has more than three of them.
  while (end > limit - 3 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return end;
}

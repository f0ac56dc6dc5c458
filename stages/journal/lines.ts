/**
 * JSON lines as bytes. One string per flush would be a megabyte each, and most of the garbage of a
 * long run.
 *
 * @module
 */

const LINE_FEED = 0x0a;

/**
 * Lines in one reused buffer.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LineBuffer, linesOf } from "./lines.ts";
 * const lines = new LineBuffer();
 * lines.add('{"a":1}');
 * lines.add('{"b":2}');
 * assertEquals([...linesOf(lines.bytes)], ['{"a":1}', '{"b":2}']);
 * ```
 */
export class LineBuffer {
  #buffer = new Uint8Array(1 << 16);
  #filled = 0;
  readonly #encoder = new TextEncoder();

  /** The lines, valid until the next `add` or `clear`. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#filled);
  }

  /** Adds a text without a line feed as a line. */
  add(text: string): void {
    // A UTF-16 code unit takes at most three bytes.
    const room = this.#filled + 3 * text.length + 1;
    if (room > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(room, 2 * this.#buffer.length));
      larger.set(this.bytes);
      this.#buffer = larger;
    }
    this.#filled += this.#encoder.encodeInto(text, this.#buffer.subarray(this.#filled)).written;
    this.#buffer[this.#filled++] = LINE_FEED;
  }

  /** Removes all lines; keeps the memory. */
  clear(): void {
    this.#filled = 0;
  }
}

/** The lines of `bytes` as texts, one at a time. */
export function* linesOf(bytes: Uint8Array): Generator<string, void> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  for (let at = 0, end; (end = bytes.indexOf(LINE_FEED, at)) >= 0; at = end + 1) {
    yield decoder.decode(bytes.subarray(at, end));
  }
}

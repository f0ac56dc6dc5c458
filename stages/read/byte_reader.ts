/**
 * Reads a byte stream piece by piece, with a look ahead.
 *
 * @module
 */
import { joinBytes } from "../../model/bytes.ts";
import { ReadFailure } from "./failure.ts";

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const NOTHING = new Uint8Array();

/** A cursor over a byte stream; holds no more than what was looked at and the chunk it came in. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Uint8Array = NOTHING;
  #offset = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Bytes taken so far. */
  get offset(): number {
    return this.#offset;
  }

  /** The next `count` bytes without taking them; fewer at the end. */
  async peek(count: number): Promise<Uint8Array> {
    while (this.#held.byteLength < count && await this.#pull());
    return this.#held.subarray(0, count);
  }

  /** At least one byte and at most `most`; none at the end. */
  async some(most: number): Promise<Uint8Array> {
    if (this.#held.byteLength === 0) await this.#pull();
    return this.#take(Math.min(most, this.#held.byteLength));
  }

  /** Gives bytes back that were the last to be taken. */
  unread(bytes: Uint8Array): void {
    this.#offset -= bytes.byteLength;
    this.#held = concat(bytes, this.#held);
  }

  /** The next `count` bytes in chunks, fewer at the end of the stream. */
  async *chunks(count = Infinity): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0;) {
      const chunk = await this.some(left);
      if (chunk.byteLength === 0) return;
      left -= chunk.byteLength;
      yield chunk;
    }
  }

  /** All that is left, or `undefined` when that is more than `maxBytes`. */
  async rest(maxBytes: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of this.chunks()) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) return undefined;
      chunks.push(chunk);
    }
    return joinBytes(chunks);
  }

  /** Passes over the next `count` bytes; returns how many there were. */
  async skip(count = Infinity): Promise<number> {
    let skipped = 0;
    for await (const chunk of this.chunks(count)) skipped += chunk.byteLength;
    return skipped;
  }

  /**
   * The next line without its end (LF or CRLF); `undefined` at the end of the stream.
   *
   * @throws {ReadFailure} when it is longer than `maxBytes`
   */
  async line(maxBytes: number): Promise<Uint8Array | undefined> {
    let searched = 0;
    for (;;) {
      const end = this.#held.indexOf(NEWLINE, searched);
      if (end >= 0) {
        const line = this.#take(end + 1).subarray(0, end);
        return line.at(-1) === RETURN ? line.subarray(0, -1) : line;
      }
      searched = this.#held.byteLength;
      if (searched > maxBytes) {
        throw new ReadFailure("malformed", `a header line is longer than ${maxBytes} bytes`);
      }
      if (!await this.#pull()) return searched === 0 ? undefined : this.#take(searched);
    }
  }

  /** Closes what is read. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #pull(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (done) return false;
    this.#held = concat(this.#held, value);
    return true;
  }

  #take(count: number): Uint8Array {
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    this.#offset += count;
    return taken;
  }
}

/** `a` followed by `b`. */
export function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.byteLength === 0) return b;
  const joined = new Uint8Array(a.byteLength + b.byteLength);
  joined.set(a);
  joined.set(b, a.byteLength);
  return joined;
}

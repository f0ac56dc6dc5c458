/**
 * The fields of a protocol buffer message, without decoding it: claims are checked before
 * anything is allocated for them. Format: protobuf.dev, "Encoding".
 *
 * @module
 */

/** Most fields per file; weights are one field each, whatever their size. */
const MAX_FIELDS = 1 << 18;

/** One field: a number, or where its bytes lie. */
export interface Field {
  readonly number: number;
  /** Value of varint fields; rounded beyond 2^53. */
  readonly value: number;
  /** First and last byte + 1 of length-delimited fields; else an empty range. */
  readonly begin: number;
  readonly end: number;
}

/** Reads messages of one file and counts their fields. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  #count = 0;
  /** Byte after the last varint. */
  #next = 0;

  /** Reads `bytes`, a whole file. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /**
   * The fields in `[begin, end)`.
   *
   * @throws {SyntaxError} when they are truncated, or too many
   */
  *fields(begin: number, end: number): Generator<Field, void> {
    for (let at = begin; at < end;) {
      if (++this.#count > MAX_FIELDS) {
        throw new SyntaxError(`it has more than ${MAX_FIELDS} fields`);
      }
      const tag = this.#varint(at, end), afterTag = this.#next;
      const number = Math.floor(tag / 8), wire = tag % 8;
      at = afterTag;
      if (wire === 0) {
        const value = this.#varint(at, end);
        at = this.#next;
        yield { number, value, begin: at, end: at };
        continue;
      }
      let length = wire === 1 ? 8 : 4;
      if (wire === 2) {
        const claimed = this.#varint(at, end);
        at = this.#next;
        if (claimed < 0 || claimed > end - at) {
          throw new SyntaxError(`a field claims ${claimed} bytes of ${end - at}`);
        }
        length = claimed;
      } else if (wire !== 1 && wire !== 5) {
        throw new SyntaxError(`byte ${afterTag} is no protocol buffer`);
      }
      if (length > end - at) throw new SyntaxError("it is truncated");
      yield { number, value: 0, begin: at, end: at + length };
      at += length;
    }
  }

  /** The integers of a packed field. */
  *varints({ begin, end }: Field): Generator<number, void> {
    for (let at = begin; at < end;) {
      const value = this.#varint(at, end);
      at = this.#next;
      yield value;
    }
  }

  /** The text of a field, of at most `maxBytes`. */
  text({ begin, end }: Field, { maxBytes = 1000 } = {}): string {
    return new TextDecoder().decode(this.#bytes.subarray(begin, Math.min(end, begin + maxBytes)));
  }

  /** The integers of little-endian 64-bit words. */
  *words({ begin, end }: Field): Generator<number, void> {
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset);
    for (let at = begin; at + 8 <= end; at += 8) yield Number(view.getBigInt64(at, true));
  }

  /** A signed varint at `at`. */
  #varint(at: number, end: number): number {
    let low = 0, scale = 1;
    // Seven bytes fit a number exactly.
    for (let i = 0; i < 10; i++, scale *= 128) {
      const byte = at + i < end ? this.#bytes[at + i] : undefined;
      if (byte === undefined) throw new SyntaxError("it is truncated");
      if (i < 7) low += (byte & 127) * scale;
      if (byte < 128) {
        this.#next = at + i + 1;
        return i < 7 ? low : this.#long(at, i);
      }
    }
    throw new SyntaxError(`byte ${at} is no protocol buffer`);
  }

  /** The varint of the bytes `at` to `at + last`, modulo 2^64 and signed. */
  #long(at: number, last: number): number {
    let value = 0n;
    for (let i = last; i >= 0; i--) value = value << 7n | BigInt((this.#bytes[at + i] ?? 0) & 127);
    return Number(BigInt.asIntN(64, value));
  }
}

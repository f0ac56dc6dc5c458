/**
 * The fields of a protocol buffer message, without decoding it: what a message claims is looked at
 * before anything is allocated for it. Format: protobuf.dev, "Encoding".
 *
 * @module
 */

/** Most fields of one file that are looked at; weights are one field each, whatever their size. */
const MAX_FIELDS = 1 << 20;

/** One field: a number, or where its bytes lie. */
export interface Field {
  readonly number: number;
  /** Of varint fields; of 64-bit integers the value modulo 2^64, as a signed one. */
  readonly value: bigint;
  /** First and last byte + 1 of length-delimited fields; else an empty range. */
  readonly begin: number;
  readonly end: number;
}

/** Reads messages of one file and counts their fields. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  #count = 0;

  /** Reads `bytes`, a whole file. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /**
   * The fields in `[begin, end)`.
   *
   * @throws {SyntaxError} when they are cut off, or without end
   */
  *fields(begin: number, end: number): Generator<Field, void> {
    for (let at = begin; at < end;) {
      if (++this.#count > MAX_FIELDS) {
        throw new SyntaxError(`it has more than ${MAX_FIELDS} fields`);
      }
      const [tag, afterTag] = this.varint(at, end);
      const number = Number(tag >> 3n), wire = Number(tag & 7n);
      at = afterTag;
      if (wire === 0) {
        const [value, next] = this.varint(at, end);
        at = next;
        yield { number, value, begin: at, end: at };
        continue;
      }
      let length = wire === 1 ? 8 : 4;
      if (wire === 2) {
        const [claimed, next] = this.varint(at, end);
        at = next;
        if (claimed < 0n || claimed > BigInt(end - at)) {
          throw new SyntaxError(
            `a field claims ${BigInt.asUintN(64, claimed)} bytes of ${end - at}`,
          );
        }
        length = Number(claimed);
      } else if (wire !== 1 && wire !== 5) {
        throw new SyntaxError(`byte ${afterTag} is no protocol buffer`);
      }
      if (length > end - at) throw new SyntaxError("it is truncated");
      yield { number, value: 0n, begin: at, end: at + length };
      at += length;
    }
  }

  /** The integers of a packed field. */
  *varints({ begin, end }: Field): Generator<bigint, void> {
    for (let at = begin; at < end;) {
      const [value, next] = this.varint(at, end);
      yield value;
      at = next;
    }
  }

  /** The text of a field, of at most `maxBytes`. */
  text({ begin, end }: Field, { maxBytes = 1000 } = {}): string {
    return new TextDecoder().decode(this.#bytes.subarray(begin, Math.min(end, begin + maxBytes)));
  }

  /** The integers of little-endian 64-bit words. */
  *words({ begin, end }: Field): Generator<bigint, void> {
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset);
    for (let at = begin; at + 8 <= end; at += 8) yield view.getBigInt64(at, true);
  }

  /** A varint at `at`, and the byte after it. */
  varint(at: number, end: number): [bigint, number] {
    let value = 0n;
    for (let i = 0; i < 10; i++) {
      const byte = at + i < end ? this.#bytes[at + i] : undefined;
      if (byte === undefined) throw new SyntaxError("it is truncated");
      value |= BigInt(byte & 127) << BigInt(7 * i);
      if (byte < 128) return [BigInt.asIntN(64, value), at + i + 1];
    }
    throw new SyntaxError(`byte ${at} is no protocol buffer`);
  }
}

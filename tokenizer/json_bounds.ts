/**
 * Checks a JSON text before it is parsed, so that hostile input is refused by its shape: nesting,
 * number of values, length of one string.
 *
 * @module
 */

/** Limits of a tokenizer.json; the largest vocabularies in use stay well below each. */
export const JSON_LIMITS: {
  readonly depth: number;
  /** Commas and colons, which is about the number of values and keys. */
  readonly values: number;
  /** Members of one object: tokens of a vocabulary. */
  readonly members: number;
  /** Entries of one list: merges. */
  readonly entries: number;
  readonly stringBytes: number;
  /** Consecutive white space, or digits of one number. */
  readonly idleBytes: number;
} = {
  depth: 64,
  values: 2 ** 21,
  members: 2 ** 19,
  entries: 2 ** 20,
  stringBytes: 2 ** 16,
  idleBytes: 2 ** 16,
};

const QUOTE = 0x22, COMMA = 0x2c, COLON = 0x3a, BACKSLASH = 0x5c;
/** `[` and `{`, and their counterparts, differ in one bit alone. */
const OPEN = 0x5b, CLOSE = 0x5d, BRACE_BIT = 0x20;

/**
 * Scans UTF-8 bytes piece by piece. It accepts any bytes; the parser finds invalid JSON.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { JsonBounds } from "./json_bounds.ts";
 * const bounds = new JsonBounds();
 * bounds.push(new TextEncoder().encode('{"a": [1, 2'));
 * assertEquals(bounds.values, 3);
 * ```
 */
export class JsonBounds {
  #depth = 0;
  /** By depth: entries of the container there, and how many it may have. */
  readonly #counts = new Int32Array(JSON_LIMITS.depth + 1);
  readonly #limits = new Int32Array(JSON_LIMITS.depth + 1).fill(JSON_LIMITS.entries);
  #values = 1;
  /** Bytes of the string that a piece ended in, -1 outside strings. */
  #string = -1;
  #isEscaped = false;
  #idle = 0;

  /** Values seen so far, members of objects and arrays among them. */
  get values(): number {
    return this.#values;
  }

  /** @throws {SyntaxError} when a limit is exceeded */
  push(bytes: Uint8Array): void {
    const { depth: maxDepth, values: maxValues, members, entries, idleBytes } = JSON_LIMITS;
    const counts = this.#counts, limits = this.#limits;
    let depth = this.#depth, values = this.#values, idle = this.#idle, at = 0;
    if (this.#string >= 0) at = this.#skipString(bytes, 0);
    while (at < bytes.length) {
      const byte = bytes[at++] as number;
      idle++;
      if (byte === QUOTE) {
        idle = 0;
        this.#string = 0;
        at = this.#skipString(bytes, at);
      } else if (byte === COMMA || byte === COLON) {
        idle = 0;
        values++;
        if (values > maxValues) throw new SyntaxError(`it has more than ${maxValues} values`);
        const count = counts[depth] as number + (byte === COMMA ? 1 : 0);
        counts[depth] = count;
        if (count >= (limits[depth] as number)) {
          throw new SyntaxError(`a list or object in it has more than ${limits[depth]} entries`);
        }
      } else if ((byte & ~BRACE_BIT) === OPEN) {
        depth++;
        if (depth > maxDepth) throw new SyntaxError(`it is nested more than ${maxDepth} deep`);
        counts[depth] = 0;
        limits[depth] = byte === OPEN ? entries : members;
      } else if ((byte & ~BRACE_BIT) === CLOSE && depth > 0) depth--;
      else if (idle > idleBytes) {
        throw new SyntaxError(`a number or white space in it passes ${idleBytes} bytes`);
      }
    }
    this.#depth = depth;
    this.#values = values;
    this.#idle = idle;
  }

  /** Index after the end of the string whose next byte is at `at`. */
  #skipString(bytes: Uint8Array, at: number): number {
    const start = at;
    for (; at < bytes.length; at++) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (bytes[at] === BACKSLASH) this.#isEscaped = true;
      else if (bytes[at] === QUOTE) {
        this.#check(this.#string + at - start);
        this.#string = -1;
        return at + 1;
      }
      if (at - start > JSON_LIMITS.stringBytes) break;
    }
    this.#string += at - start;
    this.#check(this.#string);
    return at;
  }

  #check(length: number): void {
    const { stringBytes } = JSON_LIMITS;
    if (length > stringBytes) throw new SyntaxError(`a string in it passes ${stringBytes} bytes`);
  }
}

/** Checks a text in memory. */
export function checkJsonBounds(text: string): void {
  const bounds = new JsonBounds();
  const encoder = new TextEncoder();
  const buffer = new Uint8Array(2 ** 16);
  for (let at = 0; at < text.length;) {
    const { read, written } = encoder.encodeInto(text.slice(at, at + buffer.length / 4), buffer);
    bounds.push(buffer.subarray(0, written));
    at += read;
  }
}

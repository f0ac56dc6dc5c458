/**
 * Reads JSON (RFC 8259) in steps, so that a long body holds nobody up, and with a bound on how many
 * values it has: what looks at them afterwards takes time for each.
 *
 * @module
 */
import type { Steps } from "../engine/mod.ts";

/** What a text may hold. */
export interface JsonLimits {
  /** Lists and objects within one another. */
  readonly maxDepth: number;
  /** Values and members, but for numbers in the lists below. */
  readonly maxValues: number;
  /** Members of the outermost object whose numbers are not counted. */
  readonly idLists: ReadonlySet<string>;
}

/** Thrown for JSON past a limit. */
export class JsonLimitError extends RangeError {
  override name = "JsonLimitError";
}

/** Characters of a list that are looked at together. */
const STRETCH = 4096;
/** Of a string as much as is read together, no escape torn. */
const PIECE = /(?:[^"\\]{1,1024}|\\u[\da-f]{4}|\\[^u]){0,64}/iy;
/** Values read between two yields. */
const PER_STEP = 128;

/**
 * The value that a text is.
 *
 * @throws {SyntaxError} naming the place where it is no JSON
 * @throws {JsonLimitError} naming the limit
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readJson } from "./json_reader.ts";
 * import { atOnce } from "../engine/turns.ts";
 * const limits = { maxDepth: 2, maxValues: 10, idLists: new Set<string>() };
 * assertEquals(atOnce(readJson('{"a": [1, true]}', limits)), { a: [1, true] });
 * ```
 */
export function* readJson(text: string, limits: JsonLimits): Steps<unknown> {
  const reader = new JsonReader(text, limits);
  const value = yield* reader.value({ depth: 0, isIdList: false });
  reader.end();
  return value;
}

/** Where a value stands. */
interface Place {
  readonly depth: number;
  readonly isIdList: boolean;
}

class JsonReader {
  readonly #text: string;
  readonly #limits: JsonLimits;
  #at = 0;
  #values = 0;

  constructor(text: string, limits: JsonLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  *value(place: Place): Steps<unknown> {
    this.#count(1);
    if (this.#values % PER_STEP === 0) yield;
    const first = this.#peek();
    if (first === '"') return yield* this.#string();
    if (first === "[" || first === "{") {
      if (place.depth === this.#limits.maxDepth) {
        throw new JsonLimitError(`is nested more than ${this.#limits.maxDepth} deep`);
      }
      const within = { ...place, depth: place.depth + 1 };
      return first === "[" ? yield* this.#list(within) : yield* this.#object(within);
    }
    const [literal] = this.#match(/-?[\d.eE+-]+|true|false|null/y);
    return this.#parse(literal, this.#at - literal.length);
  }

  /** Makes sure that nothing follows. */
  end(): void {
    if (this.#peek() !== undefined) throw this.#unexpected(this.#at);
  }

  *#list({ depth, isIdList }: Place): Steps<unknown[]> {
    const list: unknown[] = [];
    this.#at++;
    if (this.#take("]")) return list;
    for (;;) {
      yield* this.#literals(list, isIdList);
      list.push(yield* this.value({ depth, isIdList }));
      if (this.#take("]")) return list;
      this.#expect(",");
    }
  }

  /** Reads, a stretch at a time, the literals that stand before the last comma of a stretch. */
  *#literals(list: unknown[], areIds: boolean): Steps<void> {
    for (;;) {
      const stretch = this.#text.slice(this.#at, this.#at + STRETCH);
      const other = stretch.search(/["[\]{}]/);
      const end = stretch.lastIndexOf(",", other === -1 ? stretch.length : other);
      if (end === -1 || other === 0) return;
      const literals = stretch.slice(0, end);
      if (literals.trim() === "") throw this.#unexpected(this.#at);
      const values = this.#parse(`[${literals}]`, this.#at) as unknown[];
      const counted = areIds ? values.filter((value) => typeof value !== "number") : values;
      this.#count(counted.length);
      for (const value of values) list.push(value);
      this.#at += end + 1;
      yield;
    }
  }

  *#object({ depth }: Place): Steps<unknown> {
    const object: Record<string, unknown> = {};
    this.#at++;
    if (this.#take("}")) return object;
    for (;;) {
      if (this.#peek() !== '"') throw this.#unexpected(this.#at);
      const name = yield* this.#string();
      this.#expect(":");
      const isIdList = depth === 1 && this.#limits.idLists.has(name);
      const value = yield* this.value({ depth, isIdList });
      // As JSON.parse does it: `__proto__` is a name like any other.
      Object.defineProperty(object, name, {
        value,
        enumerable: true,
        writable: true,
        configurable: true,
      });
      if (this.#take("}")) return object;
      this.#expect(",");
    }
  }

  *#string(): Steps<string> {
    const begin = this.#at++;
    for (let text = "";;) {
      const [piece] = this.#match(PIECE);
      text += this.#parse(`"${piece}"`, begin) as string;
      const isOver = this.#text[this.#at] === '"';
      if (isOver) this.#at++;
      if (isOver) return text;
      // The end of the text, or an escape that is none.
      if (piece === "") throw this.#unexpected(this.#at);
      yield;
    }
  }

  #count(values: number): void {
    this.#values += values;
    if (this.#values > this.#limits.maxValues) {
      throw new JsonLimitError(`holds more than ${this.#limits.maxValues} values`);
    }
  }

  /** The next character that is no white space. */
  #peek(): string | undefined {
    this.#match(/[ \t\n\r]*/y);
    return this.#text[this.#at];
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw this.#unexpected(this.#at);
  }

  #match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (!match) throw this.#unexpected(this.#at);
    this.#at = pattern.lastIndex;
    return match;
  }

  #parse(json: string, at: number): unknown {
    try {
      return JSON.parse(json);
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw this.#unexpected(at, cause);
    }
  }

  #unexpected(at: number, cause?: unknown): SyntaxError {
    const what = at < this.#text.length ? "Unexpected text" : "Unexpected end";
    return new SyntaxError(`${what} at position ${at}`, { cause });
  }
}

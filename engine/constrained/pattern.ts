/**
 * The language of a regular expression (ECMA-262, with the `u` flag) over the characters of a JSON
 * string. As JSON Schema has it, a pattern matches anywhere in the string unless it is anchored.
 *
 * @module
 */
import {
  type CharacterSet,
  characterSet,
  complement,
  EVERY_CHARACTER,
  stringCharacter,
} from "./characters.ts";
import type { Language, Languages } from "./language.ts";

const MAX_PATTERN_CHARS = 1024;

const DIGITS: CharacterSet = [[0x30, 0x39]];
const WORD: CharacterSet = [[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
const SPACES: CharacterSet = [
  ...[[9, 13], [0x20, 0x20], [0xa0, 0xa0], [0x1680, 0x1680], [0x2000, 0x200a]] as const,
  ...[[0x2028, 0x2029], [0x202f, 0x202f], [0x205f, 0x205f], [0x3000, 0x3000]] as const,
  [0xfeff, 0xfeff],
];
const LINE_ENDS: CharacterSet = [[10, 10], [13, 13], [0x2028, 0x2029]];

const SETS: Readonly<Record<string, CharacterSet>> = {
  d: DIGITS,
  w: WORD,
  s: SPACES,
  D: complement(DIGITS),
  W: complement(WORD),
  S: complement(SPACES),
};

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, "0": 0 };

/**
 * Strings that match `source`, without their quotes.
 *
 * @throws {SyntaxError} saying what in it is no regular expression, or not supported
 */
export function patternLanguage(languages: Languages, source: string): Language {
  if (source.length > MAX_PATTERN_CHARS) {
    throw new SyntaxError(`it has more than ${MAX_PATTERN_CHARS} characters`);
  }
  try {
    // What is read below can then take the syntax for granted.
    new RegExp(source, "u");
  } catch (cause) {
    throw new SyntaxError("it is no regular expression", { cause });
  }
  return new PatternReader(languages, source).read();
}

class PatternReader {
  readonly #languages: Languages;
  readonly #characters: readonly string[];
  #at = 0;

  constructor(languages: Languages, source: string) {
    this.#languages = languages;
    this.#characters = Array.from(source);
  }

  read(): Language {
    const any = this.#languages.repeat(this.#of(EVERY_CHARACTER), { min: 0, max: Infinity });
    const branches: Language[] = [];
    do {
      const before = this.#take("^") ? this.#languages.empty : any;
      const terms = this.#terms();
      const after = this.#take("$") ? this.#languages.empty : any;
      if (this.#next !== undefined && this.#next !== "|") throw unsupported(this.#next);
      branches.push(this.#languages.sequence(before, terms, after));
    } while (this.#take("|"));
    return this.#languages.either(...branches);
  }

  get #next(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(character: string): boolean {
    if (this.#next !== character) return false;
    this.#at++;
    return true;
  }

  #read(): string {
    const character = this.#next;
    if (character === undefined) throw new SyntaxError("it ends too early");
    this.#at++;
    return character;
  }

  #of(set: CharacterSet): Language {
    return stringCharacter(this.#languages, set);
  }

  #terms(): Language {
    const terms: Language[] = [];
    for (; this.#next !== undefined && !"|)$".includes(this.#next);) {
      terms.push(this.#quantified(this.#atom()));
    }
    return this.#languages.sequence(...terms);
  }

  #atom(): Language {
    const character = this.#read();
    if (character === "(") return this.#group();
    if (character === "[") return this.#of(this.#class());
    if (character === ".") return this.#of(complement(LINE_ENDS));
    if (character === "^") throw unsupported("^");
    if (character === "\\") return this.#of(this.#escape({ inClass: false }));
    return this.#of(single(character));
  }

  #group(): Language {
    if (this.#take("?")) {
      const kind = this.#read();
      if (kind === "<" && this.#next !== "=" && this.#next !== "!") {
        while (this.#read() !== ">");
      } else if (kind !== ":") throw unsupported(`(?${kind}`);
    }
    const branches = [this.#terms()];
    while (this.#take("|")) branches.push(this.#terms());
    if (this.#read() !== ")") throw unsupported("$");
    return this.#languages.either(...branches);
  }

  #quantified(item: Language): Language {
    const rest = this.#characters.slice(this.#at).join("");
    const [quantifier, min, comma, max] = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/.exec(rest) ?? [];
    if (quantifier === undefined) return item;
    this.#at += quantifier.length;
    const counts = {
      "*": { min: 0, max: Infinity },
      "+": { min: 1, max: Infinity },
      "?": { min: 0, max: 1 },
    }[quantifier.charAt(0)];
    const most = max ? Number(max) : comma ? Infinity : Number(min);
    return this.#languages.repeat(item, counts ?? { min: Number(min), max: most });
  }

  #class(): CharacterSet {
    const isNegated = this.#take("^");
    const ranges: (readonly [number, number])[] = [];
    while (!this.#take("]")) {
      const from = this.#classItem();
      const [low] = from[0] ?? [];
      if (this.#next === "-" && this.#characters[this.#at + 1] !== "]") {
        this.#at++;
        const [high] = this.#classItem()[0] ?? [];
        if (low !== undefined && high !== undefined) ranges.push([low, high]);
      } else ranges.push(...from);
    }
    const set = characterSet(ranges);
    return isNegated ? complement(set) : set;
  }

  #classItem(): CharacterSet {
    return this.#take("\\") ? this.#escape({ inClass: true }) : single(this.#read());
  }

  #escape({ inClass }: { inClass: boolean }): CharacterSet {
    const character = this.#read();
    const set = SETS[character];
    if (set) return set;
    const control = CONTROLS[character];
    if (control !== undefined) return [[control, control]];
    if (character === "x") return point(this.#hex(2));
    if (character === "u") return point(this.#unicode());
    if (character === "c") return point(this.#read().charCodeAt(0) % 32);
    if (character === "b" && inClass) return point(8);
    if (/[\dA-Za-z]/.test(character)) throw unsupported(`\\${character}`);
    return single(character);
  }

  #unicode(): number {
    if (this.#take("{")) {
      let digits = "";
      for (let next = this.#read(); next !== "}"; next = this.#read()) digits += next;
      return parseInt(digits, 16);
    }
    const unit = this.#hex(4);
    const [slash, u, ...rest] = this.#characters.slice(this.#at, this.#at + 6);
    const low = parseInt(rest.join(""), 16);
    const isPair = unit >= 0xd800 && unit < 0xdc00 && slash === "\\" && u === "u" &&
      low >= 0xdc00 && low < 0xe000;
    if (!isPair) return unit;
    this.#at += 6;
    return 0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00);
  }

  #hex(digits: number): number {
    return parseInt(Array.from({ length: digits }, () => this.#read()).join(""), 16);
  }
}

function single(character: string): CharacterSet {
  return point(character.codePointAt(0) ?? 0);
}

function point(value: number): CharacterSet {
  return [[value, value]];
}

function unsupported(what: string): SyntaxError {
  const where = "^$".includes(what) ? " other than around a whole alternative" : "";
  return new SyntaxError(`${what}${where} is not supported`);
}

/**
 * Characters of JSON strings: sets of code points, and the bytes that write one of them.
 *
 * @module
 */
import type { Language, Languages } from "./language.ts";

/** Code points, as ranges in order that do not meet. */
export type CharacterSet = readonly (readonly [low: number, high: number])[];

const LAST = 0x10ffff;

/** Every character; half of a surrogate pair is none. */
export const EVERY_CHARACTER: CharacterSet = [[0, 0xd7ff], [0xe000, LAST]];

/** Characters in any of `ranges`. */
export function characterSet(ranges: CharacterSet): CharacterSet {
  const joined: [number, number][] = [];
  for (const [low, high] of ranges.toSorted(([a], [b]) => a - b)) {
    const last = joined.at(-1);
    if (last && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else joined.push([low, high]);
  }
  return joined;
}

/** Characters that are not in `set`. */
export function complement(set: CharacterSet): CharacterSet {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [low, high] of characterSet([...set, [0xd800, 0xdfff]])) {
    if (low > next) gaps.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= LAST) gaps.push([next, LAST]);
  return gaps;
}

/** Characters in both sets. */
function intersection(a: CharacterSet, b: CharacterSet): CharacterSet {
  return complement([...complement(a), ...complement(b)]);
}

/** What JSON strings must not hold as it is. */
const ESCAPED: CharacterSet = [[0, 0x1f], [0x22, 0x22], [0x5c, 0x5c]];

/** Short escapes, by character. */
const SHORT: ReadonlyMap<number, string> = new Map(
  [[8, "b"], [9, "t"], [10, "n"], [12, "f"], [13, "r"], [0x22, '"'], [0x5c, "\\"]],
);

/**
 * One character of `set` inside a JSON string. Each is written in one way, as it is where JSON
 * allows that, but for what has a short escape and a long one.
 */
export function stringCharacter(languages: Languages, set: CharacterSet): Language {
  const own = made.get(languages) ?? new Map<string, Language>();
  made.set(languages, own);
  const key = set.join(";");
  const language = own.get(key) ?? makeCharacter(languages, set);
  own.set(key, language);
  return language;
}

/** What was made before, by the set. */
const made = new WeakMap<Languages, Map<string, Language>>();

function makeCharacter(languages: Languages, set: CharacterSet): Language {
  const plain = intersection(set, complement(ESCAPED));
  const escapes = intersection(set, ESCAPED).flatMap(([low, high]) =>
    Array.from({ length: high - low + 1 }, (_, i) => escapesOf(low + i)).flat()
  );
  return languages.either(
    ...plain.flatMap((range) => utf8(languages, range)),
    ...escapes.map((escape) => languages.text(escape)),
  );
}

function escapesOf(character: number): string[] {
  const short = SHORT.get(character);
  const long = character < 0x20 ? [`\\u${character.toString(16).padStart(4, "0")}`] : [];
  return short === undefined ? long : [`\\${short}`, ...long];
}

/** Last code points of one, two, three and four bytes. */
const LENGTHS = [0x7f, 0x7ff, 0xffff, LAST];

/** The UTF-8 of a range that has no surrogates. */
function utf8(languages: Languages, [low, high]: CharacterSet[number]): Language[] {
  const parts: Language[] = [];
  let from = low;
  for (const [i, last] of LENGTHS.entries()) {
    if (from > high) break;
    if (from > last) continue;
    parts.push(...continued(languages, { low: from, high: Math.min(high, last), more: i }));
    from = last + 1;
  }
  return parts;
}

/** Lead byte marks, by the number of bytes that follow. */
const LEADS = [0, 0xc0, 0xe0, 0xf0];

/** Sequences of a byte and `more` that follow it, for code points of that length. */
function continued(
  languages: Languages,
  { low, high, more, mark = LEADS[more] ?? 0 }: {
    low: number;
    high: number;
    more: number;
    mark?: number;
  },
): Language[] {
  if (more === 0) return [languages.byte([mark + low, mark + high])];
  const unit = 64 ** more;
  const [first, last] = [Math.floor(low / unit), Math.floor(high / unit)];
  const rest = (from: number, to: number) =>
    languages.either(
      ...continued(languages, { low: from, high: to, more: more - 1, mark: 0x80 }),
    );
  const led = (from: number, to: number, then: Language) =>
    languages.sequence(languages.byte([mark + from, mark + to]), then);
  if (first === last) return [led(first, first, rest(low % unit, high % unit))];
  const parts = [led(first, first, rest(low % unit, unit - 1))];
  if (last - first > 1) parts.push(led(first + 1, last - 1, rest(0, unit - 1)));
  parts.push(led(last, last, rest(0, high % unit)));
  return parts;
}

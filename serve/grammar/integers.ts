/**
 * Integers between bounds, as JSON writes them.
 *
 * @module
 */
import type { Language, Languages } from "./language.ts";

/** Largest integer written: of the digits that a double holds exactly. */
export const MAX_INTEGER = 10 ** 15 - 1;

/** Integers from `min` to `max`, and no more than 15 digits. */
export function integersBetween(languages: Languages, min: number, max: number): Language {
  const low = Math.max(Math.ceil(min), -MAX_INTEGER), high = Math.min(Math.floor(max), MAX_INTEGER);
  const positive = naturals(languages, Math.max(low, 0), high);
  const negative = naturals(languages, Math.max(-high, 1), -low);
  // -0 is 0 in another spelling.
  const zero = low <= 0 && high >= 0 ? languages.text("-0") : languages.nothing;
  return languages.either(positive, zero, languages.sequence(languages.text("-"), negative));
}

/** From `low`, at least 0, to `high`. */
function naturals(languages: Languages, low: number, high: number): Language {
  const lengths: Language[] = [];
  for (let from = low; from <= high;) {
    const to = Math.min(high, 10 ** `${from}`.length - 1);
    lengths.push(sameLength(languages, `${from}`, `${to}`));
    from = to + 1;
  }
  return languages.either(...lengths);
}

/** Between two numbers of as many digits. */
function sameLength(languages: Languages, low: string, high: string): Language {
  const [first = 0, last = 0] = [low, high].map((digits) => digits.charCodeAt(0));
  const digit = (from: number, to: number) => languages.byte([from, to]);
  const more = low.length - 1;
  if (/^0*$/.test(low) && /^9*$/.test(high)) {
    return languages.repeat(digit(first, last), { min: more + 1, max: more + 1 });
  }
  if (more === 0) return digit(first, last);
  const [lowRest, highRest] = [low.slice(1), high.slice(1)];
  if (first === last) {
    return languages.sequence(digit(first, last), sameLength(languages, lowRest, highRest));
  }
  const options = [
    languages.sequence(
      digit(first, first),
      sameLength(languages, lowRest, "9".repeat(more)),
    ),
    languages.sequence(
      digit(last, last),
      sameLength(languages, "0".repeat(more), highRest),
    ),
  ];
  if (last - first > 1) {
    const any = sameLength(languages, "0".repeat(more), "9".repeat(more));
    options.push(languages.sequence(digit(first + 1, last - 1), any));
  }
  return languages.either(...options);
}

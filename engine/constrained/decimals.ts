/**
 * Numbers between bounds, and multiples of a number, as JSON writes them without an exponent. They
 * have at most 15 digits: so many a double keeps apart, so that what a text says and what is read
 * from it are on the same side of every bound.
 *
 * @module
 */
import { ceilAt, floorAt, multipleAt, powerOfTen } from "./decimal.ts";
import type { Language, Languages } from "./language.ts";
import { progression } from "./progression.ts";

/** Digits before and after the point together, but for the zero of numbers below one. */
export const MAX_DIGITS = 15;

/** What numbers must satisfy, as the keywords of those names say it. */
export interface NumberLimits {
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly exclusiveMinimum?: number | undefined;
  readonly exclusiveMaximum?: number | undefined;
  readonly multipleOf?: number | undefined;
}

/**
 * The decimals within limits, or the integers among them.
 *
 * @example
 * ```ts
 * import { assert, assertStrictEquals } from "@std/assert";
 * import { decimalsWithin } from "./decimals.ts";
 * import { Languages } from "./language.ts";
 * const languages = new Languages();
 * const half = decimalsWithin(languages, { exclusiveMinimum: 0, maximum: 0.5 }, { areInteger: false });
 * const tenths = languages.after(languages.after(half, 0x30), 0x2e);
 * assert(languages.after(tenths, 0x35).nullable);
 * assertStrictEquals(languages.after(tenths, 0x36), languages.nothing);
 * ```
 */
export function decimalsWithin(
  languages: Languages,
  limits: NumberLimits,
  { areInteger }: { areInteger: boolean },
): Language {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = limits;
  const below = {
    minimum: negated(maximum),
    maximum: negated(minimum),
    exclusiveMinimum: negated(exclusiveMaximum),
    exclusiveMaximum: negated(exclusiveMinimum),
    multipleOf,
  };
  // Zero is in both: -0 is 0 in another spelling.
  const [positive, negative] = [limits, below].map((each) =>
    languages.either(
      ...Array.from(
        { length: MAX_DIGITS + 1 },
        (_, whole) => magnitudes(languages, each, { whole, places: placesOf(whole, areInteger) }),
      ),
    )
  );
  return languages.either(
    positive ?? languages.nothing,
    languages.sequence(languages.text("-"), negative ?? languages.nothing),
  );
}

function placesOf(whole: number, areInteger: boolean): number {
  return areInteger ? 0 : MAX_DIGITS - whole;
}

function negated(value: number | undefined): number | undefined {
  return value === undefined ? undefined : -value;
}

/** Those of at least 0 with so many digits before the point; of 0 digits are those below one. */
function magnitudes(
  languages: Languages,
  limits: NumberLimits,
  { whole, places }: { whole: number; places: number },
): Language {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = limits;
  // All in units of the last place.
  let low = whole === 0 ? 0n : powerOfTen(whole - 1 + places);
  let high = powerOfTen(whole + places) - 1n;
  const atLeast = (bound: bigint) => low = bound > low ? bound : low;
  const atMost = (bound: bigint) => high = bound < high ? bound : high;
  if (minimum !== undefined) atLeast(ceilAt(minimum, places));
  if (exclusiveMinimum !== undefined) atLeast(floorAt(exclusiveMinimum, places) + 1n);
  if (maximum !== undefined) atMost(floorAt(maximum, places));
  if (exclusiveMaximum !== undefined) atMost(ceilAt(exclusiveMaximum, places) - 1n);
  const step = multipleOf === undefined ? 1n : multipleAt(multipleOf, places);
  const [first, last] = [(low + step - 1n) / step * step, high / step * step];
  if (high < low || first > last) return languages.nothing;
  const numbers = { whole, places, first: Number(first), last: Number(last), step: Number(step) };
  const digits = progression(languages, numbers);
  return whole === 0 ? languages.sequence(languages.text("0"), digits) : digits;
}

/**
 * The digits of numbers that are equally far from one another: those of a range, or the multiples of
 * a number in it. What may follow some digits is again such numbers, of fewer digits, so that a state
 * is found by arithmetic when it is needed, whatever the range and the distance.
 *
 * @module
 */
import type { Language, Languages, Rule } from "./language.ts";

/** Numbers of `whole` + `places` digits, the point left out: `first`, `first` + `step` ... `last`. */
export interface Progression {
  /** Digits before the point. */
  readonly whole: number;
  /** Digits after the point; the text may leave out zeros at the end, and the point before them. */
  readonly places: number;
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

/** Where a text stands: before the point, right after it, or further on. */
type Place = "whole" | "point" | "fraction";

const POINT = 0x2e;
const ZERO = 0x30;

/**
 * The texts of a progression, with as many digits before the point as it says.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { Languages } from "./language.ts";
 * import { progression } from "./progression.ts";
 * const languages = new Languages();
 * // 10, 17 ... 94
 * const sevens = progression(languages, { whole: 2, places: 0, first: 10, last: 94, step: 7 });
 * const ones = languages.after(sevens, 0x31);
 * assert(languages.after(ones, 0x37).nullable);
 * assertFalse(languages.after(ones, 0x38).nullable);
 * ```
 */
export function progression(languages: Languages, numbers: Progression): Language {
  return stateOf(languages, { ...numbers, place: "whole" });
}

interface State extends Progression {
  readonly place: Place;
}

function stateOf(languages: Languages, state: State): Language {
  const { whole, places, first, last, place } = state;
  if (first > last) return languages.nothing;
  if (whole + places === 0) return languages.empty;
  const step = first === last ? 1 : state.step;
  const rule: Rule = {
    key: `${place},${whole},${places},${first},${last},${step}`,
    nullable: whole === 0 && place !== "point" && first === 0,
    after: (byte, languages) => follow(languages, { ...state, step }, byte),
    adopt: () => rule,
  };
  return languages.rule(rule);
}

function follow(languages: Languages, state: State, byte: number): Language {
  const { whole, places, first, last, step, place } = state;
  if (place === "whole" && whole === 0) {
    return byte === POINT ? stateOf(languages, { ...state, place: "point" }) : languages.nothing;
  }
  const digit = byte - ZERO;
  if (digit < 0 || digit > 9) return languages.nothing;
  const unit = 10 ** (whole + places - 1);
  const low = digit * unit;
  const skipped = Math.max(0, low - first);
  const room = Math.min(last, low + unit - 1) - first;
  if (room < 0) return languages.nothing;
  return stateOf(languages, {
    whole: Math.max(0, whole - 1),
    places: whole > 0 ? places : places - 1,
    first: first + skipped + (step - skipped % step) % step - low,
    last: first + room - room % step - low,
    step,
    place: place === "whole" ? "whole" : "fraction",
  });
}

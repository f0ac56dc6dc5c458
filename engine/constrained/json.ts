/**
 * The languages of JSON (RFC 8259), without white space but for one space that may follow a colon or
 * a comma.
 *
 * @module
 */
import { EVERY_CHARACTER, stringCharacter } from "./characters.ts";
import { decimalsWithin, MAX_DIGITS, type NumberLimits } from "./decimals.ts";
import type { Language, Languages } from "./language.ts";
import { otherTexts } from "./other_texts.ts";
import type { Steps } from "../turns.ts";

/** How often something may come. */
export interface Count {
  readonly min: number;
  readonly max: number;
}

/** A member of an object. */
export interface Member {
  readonly name: string;
  readonly value: Language;
  readonly required: boolean;
}

const ANY_COUNT: Count = { min: 0, max: Infinity };

/** Makes the languages of JSON values. */
export function jsonLanguages(languages: Languages) {
  const { text, byte, sequence, either, repeat } = bound(languages);
  const digit = byte([0x30, 0x39]);
  const space = either(languages.empty, text(" "));
  const comma = sequence(text(","), space);
  const optional = (language: Language) => either(languages.empty, language);
  const integer = sequence(
    optional(text("-")),
    either(
      text("0"),
      sequence(byte([0x31, 0x39]), repeat(digit, { min: 0, max: MAX_DIGITS - 1 })),
    ),
  );
  const number = sequence(
    integer,
    optional(sequence(text("."), repeat(digit, { min: 1, max: MAX_DIGITS }))),
    // Two digits keep every number finite.
    optional(sequence(
      byte([0x45, 0x45], [0x65, 0x65]),
      optional(byte([0x2b, 0x2b], [0x2d, 0x2d])),
      repeat(digit, { min: 1, max: 2 }),
    )),
  );
  const quoted = (inner: Language) => sequence(text('"'), inner, text('"'));
  const string = (count: Count = ANY_COUNT) =>
    quoted(repeat(stringCharacter(languages, EVERY_CHARACTER), count));
  const key = (name: Language, value: Language) => sequence(name, text(":"), space, value);
  const list = (item: Language, { min, max }: Count) => {
    const more = { min: Math.max(0, min - 1), max: max - 1 };
    const some = max === 0
      ? languages.nothing
      : sequence(item, repeat(sequence(comma, item), more));
    return min === 0 ? optional(some) : some;
  };
  return {
    null: text("null"),
    boolean: either(text("true"), text("false")),
    integer,
    number,
    integersWithin: (limits: NumberLimits) =>
      decimalsWithin(languages, limits, { areInteger: true }),
    decimalsWithin: (limits: NumberLimits) =>
      decimalsWithin(languages, limits, { areInteger: false }),
    quoted,
    string,
    /** The value, as JSON.stringify writes it. */
    literal: (value: unknown) => text(JSON.stringify(value)),
    array: (item: Language) => sequence(text("["), list(item, ANY_COUNT), text("]")),
    /** Items of these languages in turn, then others of the same; of all together so many. */
    tuple(
      first: readonly Language[],
      { others, min, max }: Count & { others: Language },
    ): Language {
      const held = first.slice(0, max);
      const left = { min: Math.max(0, min - held.length), max: max - held.length };
      let after = first.length > 0
        ? repeat(sequence(comma, others), left)
        : list(others, { min, max });
      for (const [i, item] of [...held.entries()].toReversed()) {
        const some = sequence(i > 0 ? comma : languages.empty, item, after);
        after = i < min ? some : optional(some);
      }
      return sequence(text("["), after, text("]"));
    },
    /** Any names, all with values of the same language. */
    map: (value: Language) => sequence(text("{"), list(key(string(), value), ANY_COUNT), text("}")),
    /** Members in this order, those that are not required maybe left out, then any with other names. */
    *object(members: readonly Member[], others = languages.nothing): Steps<Language> {
      const names = members.map(({ name }) => JSON.stringify(name));
      const other = key(otherTexts(languages, string(), names), others);
      // From the end to the first member: what follows when one came before, and when none did. The
      // end comes first, as what has one put behind it is made anew.
      const end = text("}");
      let after = sequence(repeat(sequence(comma, other), ANY_COUNT), end);
      let begin = sequence(list(other, ANY_COUNT), end);
      for (const { name, value, required } of members.toReversed()) {
        const member = key(text(JSON.stringify(name)), value);
        const skipped = required ? languages.nothing : begin;
        begin = either(sequence(member, after), skipped);
        after = either(sequence(comma, member, after), required ? languages.nothing : after);
        yield;
      }
      return sequence(text("{"), begin);
    },
  };
}

function bound(languages: Languages): Pick<
  Languages,
  "text" | "byte" | "sequence" | "either" | "repeat"
> {
  return {
    text: (text) => languages.text(text),
    byte: (...ranges) => languages.byte(...ranges),
    sequence: (...parts) => languages.sequence(...parts),
    either: (...options) => languages.either(...options),
    repeat: (item, count) => languages.repeat(item, count),
  };
}

/**
 * The languages of JSON (RFC 8259), without white space but for one space that may follow a colon or
 * a comma.
 *
 * @module
 */
import { EVERY_CHARACTER, stringCharacter } from "./characters.ts";
import { integersBetween } from "./integers.ts";
import type { Language, Languages } from "./language.ts";

/** How often something may come. */
export interface Count {
  readonly min: number;
  readonly max: number;
}

const ANY_COUNT: Count = { min: 0, max: Infinity };

/** Digits after the point. */
const MAX_DIGITS = 15;

/** Makes the languages of JSON values. */
export function jsonLanguages(languages: Languages) {
  const { text, byte, sequence, either, repeat } = bound(languages);
  const digit = byte([0x30, 0x39]);
  const space = either(languages.empty, text(" "));
  const comma = sequence(text(","), space);
  const integer = integersBetween(languages, -Infinity, Infinity);
  const optional = (language: Language) => either(languages.empty, language);
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
    integer: (min: number, max: number) => integersBetween(languages, min, max),
    number,
    quoted,
    string,
    /** The value, as JSON.stringify writes it. */
    literal: (value: unknown) => text(JSON.stringify(value)),
    array: (item: Language, count: Count = ANY_COUNT) =>
      sequence(text("["), list(item, count), text("]")),
    /** Any names, all with values of the same language. */
    map: (value: Language) => sequence(text("{"), list(key(string(), value), ANY_COUNT), text("}")),
    /** Members in this order, those that are not required maybe left out. */
    object(members: readonly { name: string; value: Language; required: boolean }[]): Language {
      // From the last member to the first: what follows when one came before, and when none did.
      let after = languages.empty, begin = languages.empty;
      for (const { name, value, required } of members.toReversed()) {
        const member = key(text(JSON.stringify(name)), value);
        const skipped = required ? languages.nothing : begin;
        begin = either(sequence(member, after), skipped);
        after = either(sequence(comma, member, after), required ? languages.nothing : after);
      }
      return sequence(text("{"), begin, text("}"));
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

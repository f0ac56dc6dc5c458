/**
 * Any text up to a marker, after which a language holds: how an answer may say something before it
 * calls a tool.
 *
 * @module
 */
import type { Language, Languages, Rule } from "./language.ts";

/** Where free text ends, and what may follow. */
export interface FreeText {
  /** Begins `then`; not empty. */
  readonly marker: string;
  /** What follows the marker. */
  readonly then: Language;
  /** Whether the text may end without the marker. */
  readonly mayEnd: boolean;
  /** Whether the marker counts at the beginning of the text alone. */
  readonly atStart?: boolean;
}

/**
 * Text of any bytes; where the marker comes, what follows it is in `then`. The automaton is that of
 * Knuth, Morris and Pratt (SIAM Journal on Computing 6, 1977).
 *
 * @example
 * ```ts
 * import { assert, assertStrictEquals } from "@std/assert";
 * import { freeText } from "./free_text.ts";
 * import { Languages } from "./language.ts";
 * const languages = new Languages();
 * const then = languages.text("!");
 * const text = freeText(languages, { marker: "ab", then, mayEnd: true });
 * assert(text.nullable);
 * const marked = [0x61, 0x61, 0x62].reduce((left, byte) => languages.after(left, byte), text);
 * assertStrictEquals(marked, then);
 * ```
 */
export function freeText(languages: Languages, text: FreeText): Language {
  const bytes = new TextEncoder().encode(text.marker);
  return stateOf(languages, { ...text, bytes, fallback: fallbackOf(bytes), matched: 0 });
}

interface State extends FreeText {
  readonly bytes: Uint8Array;
  /** By a number of matched bytes: how many still match when the next one does not. */
  readonly fallback: readonly number[];
  readonly matched: number;
}

function stateOf(languages: Languages, state: State): Language {
  return languages.rule(ruleOf(state));
}

function ruleOf(state: State): Rule {
  const { marker, then, mayEnd, atStart = false, matched } = state;
  return {
    key: `free ${JSON.stringify(marker)},${then.id},${mayEnd},${atStart},${matched}`,
    nullable: mayEnd,
    after: (byte, languages) => follow(languages, state, byte),
    adopt: (adopt) => ruleOf({ ...state, then: adopt(then) }),
  };
}

function follow(languages: Languages, state: State, byte: number): Language {
  const { bytes, fallback, then, mayEnd, atStart } = state;
  let { matched } = state;
  while (matched > 0 && bytes[matched] !== byte && !atStart) matched = fallback[matched] ?? 0;
  if (bytes[matched] === byte) {
    return ++matched === bytes.length ? then : stateOf(languages, { ...state, matched });
  }
  if (!atStart) return stateOf(languages, { ...state, matched });
  const any = languages.repeat(languages.byte([0, 255]), { min: 0, max: Infinity });
  return mayEnd ? any : languages.nothing;
}

function fallbackOf(bytes: Uint8Array): number[] {
  const fallback = [0, 0];
  for (let at = 1, matched = 0; at < bytes.length; at++) {
    while (matched > 0 && bytes[matched] !== bytes[at]) matched = fallback[matched] ?? 0;
    if (bytes[matched] === bytes[at]) matched++;
    fallback.push(matched);
  }
  return fallback;
}

/**
 * The texts of a language but for some: the names that members may have beside those that a schema
 * lists.
 *
 * @module
 */
import type { Language, Languages, Rule } from "./language.ts";

/**
 * What is in `language` and not in `texts`. From wherever a text of `language` ends, or can go on, it
 * must be possible to go on to endlessly many, or it must be at its end: as in a JSON string.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { Languages } from "./language.ts";
 * import { otherTexts } from "./other_texts.ts";
 * const languages = new Languages();
 * const letters = languages.repeat(languages.byte([0x61, 0x7a]), { min: 0, max: Infinity });
 * const rest = languages.after(otherTexts(languages, letters, ["a"]), 0x61);
 * assertFalse(rest.nullable);
 * assert(languages.after(rest, 0x61).nullable);
 * ```
 */
export function otherTexts(
  languages: Languages,
  language: Language,
  texts: readonly string[],
): Language {
  const encoder = new TextEncoder();
  // One character a byte.
  const bytes = texts.map((text) => String.fromCharCode(...encoder.encode(text)));
  return difference(languages, language, bytes.toSorted());
}

function difference(languages: Languages, language: Language, texts: readonly string[]): Language {
  if (texts.length === 0) return language;
  const nullable = language.nullable && !texts.includes("");
  if (language === languages.nothing || (language === languages.empty && !nullable)) {
    return languages.nothing;
  }
  const rule = (language: Language): Rule => ({
    key: `${language.id}-${JSON.stringify(texts)}`,
    nullable,
    after: (byte, languages) => {
      const first = String.fromCharCode(byte);
      const left = texts.filter((text) => text.startsWith(first)).map((text) => text.slice(1));
      return difference(languages, languages.after(language, byte), left);
    },
    adopt: (adopt) => rule(adopt(language)),
  });
  return languages.rule(rule(language));
}

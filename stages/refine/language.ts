/**
 * Which language a text is in, by letter n-grams (eld, 60 languages).
 *
 * @module
 */
import type { Refusal } from "./rule.ts";

/** Codes of the languages that are told apart. */
export const LANGUAGES: readonly string[] =
  ("am ar az be bg bn ca cs da de el en es et eu fa fi fr gu he hi hr hu hy is it ja ka kn ko ku lo " +
    "lt lv ml mr ms nl no or pa pl pt ro ru sk sl sq sr sv ta te th tl tr uk ur vi yo zh").split(
      " ",
    );

/** A detected language. */
export interface DetectedLanguage {
  /** ISO 639-1 code, `und` when nothing speaks for any. */
  readonly language: string;
  /** Similarity to that language, 0..1; prose of some length has 0.5 and more. */
  readonly score: number;
}

/** Tells the language of a text. Pure. */
export type LanguageDetector = (text: string) => DetectedLanguage;

/** So much of a text says what it is written in. */
const SAMPLE_CHARS = 10_000;

/**
 * Loads the detector with its table of n-grams, some four megabytes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { loadLanguageDetector } from "./language.ts";
 * const detect = await loadLanguageDetector();
 * assertEquals(detect("The state of the union is strong.").language, "en");
 * ```
 */
export async function loadLanguageDetector(): Promise<LanguageDetector> {
  const { eld } = await import("eld/large");
  return (text) => {
    const result = eld.detect(text.slice(0, SAMPLE_CHARS));
    const { language } = result;
    if (language === "") return { language: "und", score: 0 };
    return { language, score: result.getScores()[language] ?? 0 };
  };
}

/** Which languages stay. */
export interface LanguageChoice {
  /** ISO 639-1 codes; none for any language. */
  readonly languages: readonly string[];
  /** Texts that are less similar to their language go. */
  readonly minScore: number;
}

/** Why a text in this language goes, `undefined` when it stays. */
export function refuseLanguage(
  { language, score }: DetectedLanguage,
  { languages, minScore }: LanguageChoice,
): Refusal | undefined {
  if (languages.length === 0) return undefined;
  if (!languages.includes(language)) {
    const detail = `the text is in ${language} (score ${score.toFixed(2)}), ` +
      `--language is ${languages.join(",")}`;
    return { reason: "language", detail };
  }
  if (score >= minScore) return undefined;
  const detail = `the score of ${language} is ${score.toFixed(2)}, --language-score is ${minScore}`;
  return { reason: "language", detail };
}

/**
 * What the refine stage does beside cleaning, as plain values that a run can keep.
 *
 * @module
 */
import { z } from "zod";
import { C4 } from "./c4.ts";
import { FINEWEB } from "./fineweb.ts";
import { GOPHER_QUALITY } from "./gopher_quality.ts";
import { GOPHER_REPETITION } from "./gopher_repetition.ts";

/** Sets of quality rules, in the order in which they are applied. */
export const FILTERS = ["gopher-repetition", "gopher-quality", "c4", "fineweb"] as const;

/** A set of quality rules. */
export type FilterName = (typeof FILTERS)[number];

/** Parses {@linkcode FilterLimits}, each limit with its published default. */
const LIMITS = z.strictObject({
  "gopher-repetition": GOPHER_REPETITION.prefault({}),
  "gopher-quality": GOPHER_QUALITY.prefault({}),
  c4: C4.prefault({}),
  fineweb: FINEWEB.prefault({}),
});

/** Limits of every set of rules, by datatrove's names; null turns a limit off. */
export interface FilterLimits {
  /** Shares of a text, by the length of the n-gram where there are several. */
  readonly "gopher-repetition":
    & Record<
      "dup_para_frac" | "dup_para_char_frac" | "dup_line_frac" | "dup_line_char_frac",
      number | null
    >
    & { top_n_grams: [2 | 3 | 4, number][]; dup_n_grams: [5 | 6 | 7 | 8 | 9 | 10, number][] };
  /** Numbers of words and their mean length in code points; ratios of words and of lines. */
  readonly "gopher-quality":
    & Record<"min_doc_words" | "max_doc_words" | "min_stop_words", number | null>
    & Record<"min_avg_word_length" | "max_avg_word_length", number | null>
    & Record<"max_symbol_word_ratio" | "max_non_alpha_words_ratio", number | null>
    & Record<"max_bullet_lines_ratio" | "max_ellipsis_lines_ratio", number | null>
    & { stop_words: string[] };
  /** Switches, and numbers of sentences, words and code points. */
  readonly c4:
    & Record<"min_num_sentences" | "min_words_per_line" | "max_word_length", number | null>
    & Record<"remove_citations" | "filter_no_terminal_punct" | "filter_lorem_ipsum", boolean>
    & Record<"filter_javascript" | "filter_curly_bracket" | "filter_policy", boolean>;
  /** Ratios, and the code points of a line that is still short. */
  readonly fineweb:
    & Record<"line_punct_thr" | "short_line_thr", number | null>
    & Record<"char_duplicates_ratio" | "new_line_ratio", number | null>
    & { line_punct_exclude_zero: boolean; short_line_length: number };
}

/** Everything that decides what the stage keeps. */
export interface RefineSettings {
  /** Sets of rules that a document must pass; they apply in the order of {@linkcode FILTERS}. */
  readonly filters: readonly FilterName[];
  /** Limits of every set, also of those that are not in use. */
  readonly limits: FilterLimits;
  /** ISO 639-1 codes that stay; empty for all, absent to detect nothing. */
  readonly languages?: readonly string[];
  /** Least score, 0 to 1, of the language detected; less sure is refused. */
  readonly minLanguageScore: number;
  /** Least score of quality, where that is judged: 0.5 by default; 0 only notes it. */
  readonly qualityThreshold?: number;
  /** Whether e-mail addresses and public IP addresses are replaced by made-up ones. */
  readonly maskPersonalData: boolean;
  /** Whether documents nearly equal to an earlier one are dropped. */
  readonly nearDuplicates: boolean;
  /** Lines that so many earlier pages of a site had go; 0 keeps all. */
  readonly repeatedLines: number;
}

/**
 * Checks limits as they stand in a settings file; what is not named has its published default.
 *
 * @throws {TypeError} naming the first field that is wrong
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { parseLimits } from "./settings.ts";
 * const limits = parseLimits({ c4: { min_num_sentences: null } });
 * assertEquals(limits.c4.min_num_sentences, null);
 * assertEquals(limits["gopher-quality"].min_doc_words, 50);
 * assertThrows(() => parseLimits({ c5: {} }), TypeError);
 * ```
 */
export function parseLimits(value: unknown): FilterLimits {
  const parsed = LIMITS.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join(".") ?? "";
  throw new TypeError(`${path === "" ? "the settings" : path}: ${issue?.message}`);
}

/** Nothing beside what the stage always does. */
export const NO_REFINING: RefineSettings = {
  filters: [],
  limits: parseLimits({}),
  minLanguageScore: 0,
  maskPersonalData: false,
  nearDuplicates: false,
  repeatedLines: 0,
};

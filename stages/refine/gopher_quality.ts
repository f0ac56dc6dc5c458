/**
 * The quality heuristics of Gopher (Rae et al. 2021, arXiv 2112.11446, appendix A.1.1), with the
 * defaults of datatrove's GopherQualityFilter.
 *
 * @module
 */
import { z } from "zod";
import { count, occurrences, ratio, type Rule } from "./rule.ts";
import type { TextView } from "./text_view.ts";

const limit = (value: number) => z.number().nonnegative().nullable().default(value);

/** Limits by datatrove's names; `null` turns a rule off. */
export const GOPHER_QUALITY = z.strictObject({
  min_doc_words: limit(50),
  max_doc_words: limit(100_000),
  min_avg_word_length: limit(3),
  max_avg_word_length: limit(10),
  max_symbol_word_ratio: limit(0.1),
  max_bullet_lines_ratio: limit(0.9),
  max_ellipsis_lines_ratio: limit(0.3),
  max_non_alpha_words_ratio: limit(0.8),
  min_stop_words: limit(2),
  stop_words: z.array(z.string()).default(
    ["the", "be", "to", "of", "and", "that", "have", "with"],
  ),
});

const ALPHABETIC = /\p{L}/u;
const BULLET = /^\s*[•-]/;
const END_ELLIPSIS = /(?:\.\.\.|…)\s*$/;

const averageWordLength = (view: TextView) =>
  ratio(view.words.reduce((sum, word) => sum + view.lengthOf(word), 0), view.words.length);
const tokensPer = (view: TextView, signs: readonly string[]) =>
  ratio(signs.reduce((sum, sign) => sum + occurrences(view.text, sign), 0), view.tokens.length);
const linesThat = (pattern: RegExp) => ({ lines }: TextView) =>
  ratio(count(lines, (line) => pattern.test(line)), lines.length);

/** The rules, in datatrove's order. */
export function gopherQualityRules(limits: z.output<typeof GOPHER_QUALITY>): Rule[] {
  const stopWords = new Set(limits.stop_words);
  const words = ({ words }: TextView) => words.length;
  const rule = (
    reason: Rule["reason"],
    setting: Exclude<keyof typeof limits, "stop_words">,
    refuse: Rule["refuse"],
    [figure, measure]: [string, Rule["measure"]],
  ): Rule => ({ reason, setting, limit: limits[setting], refuse, figure, measure });
  return [
    rule("gopher-short-doc", "min_doc_words", "below", ["words", words]),
    rule("gopher-long-doc", "max_doc_words", "above", ["words", words]),
    rule("gopher-below-avg-threshold", "min_avg_word_length", "below", [
      "avg_word_length",
      averageWordLength,
    ]),
    rule("gopher-above-avg-threshold", "max_avg_word_length", "above", [
      "avg_word_length",
      averageWordLength,
    ]),
    rule("gopher-too-many-hashes", "max_symbol_word_ratio", "above", [
      "hash_word_ratio",
      (view) => tokensPer(view, ["#"]),
    ]),
    rule("gopher-too-many-ellipsis", "max_symbol_word_ratio", "above", [
      "ellipsis_word_ratio",
      (view) => tokensPer(view, ["...", "…"]),
    ]),
    rule("gopher-too-many-bullets", "max_bullet_lines_ratio", "above", [
      "bullet_lines_ratio",
      linesThat(BULLET),
    ]),
    rule("gopher-too-many-end-ellipsis", "max_ellipsis_lines_ratio", "above", [
      "ellipsis_lines_ratio",
      linesThat(END_ELLIPSIS),
    ]),
    rule("gopher-below-alpha-threshold", "max_non_alpha_words_ratio", "below", [
      "alpha_words_ratio",
      ({ tokens }) => ratio(count(tokens, (token) => ALPHABETIC.test(token)), tokens.length),
    ]),
    rule("gopher-enough-stop-words", "min_stop_words", "below", [
      "stop_words",
      ({ tokens }) => count(tokens, (token) => stopWords.has(token)),
    ]),
  ];
}

/**
 * The heuristics that FineWeb adds (Penedo et al. 2024, arXiv 2406.17557, section 3.5), with the
 * defaults of datatrove's FineWebQualityFilter.
 *
 * @module
 */
import { z } from "zod";
import { repeatedChars } from "./gopher_repetition.ts";
import { count, occurrences, ratio, type Rule } from "./rule.ts";

const limit = (value: number) => z.number().nonnegative().nullable().default(value);

/** Limits by datatrove's names; `null` turns a rule off. */
export const FINEWEB = z.strictObject({
  line_punct_thr: limit(0.12),
  /** Lets a text pass in which no line at all ends in punctuation. */
  line_punct_exclude_zero: z.boolean().default(false),
  short_line_thr: limit(0.67),
  /** A line of so many code points is still short. */
  short_line_length: z.number().nonnegative().default(30),
  char_duplicates_ratio: limit(0.01),
  new_line_ratio: limit(0.3),
});

/** Unicode's ends of sentences in any script, and the quotation marks behind them. */
const STOPS = /[\p{Sentence_Terminal}"'”’»」』]$/u;

/** The rules, in datatrove's order. */
export function fineWebRules(limits: z.output<typeof FINEWEB>): Rule[] {
  const { short_line_length: short, line_punct_exclude_zero: excludeZero } = limits;
  return [
    {
      reason: "line-punct-ratio",
      setting: "line_punct_thr",
      limit: limits.line_punct_thr,
      refuse: "below",
      figure: "line_punct_ratio",
      measure({ lines }) {
        const share = ratio(count(lines, (line) => STOPS.test(line)), lines.length);
        return share === 0 && excludeZero ? 1 : share;
      },
    },
    {
      reason: "short-line-ratio",
      setting: "short_line_thr",
      limit: limits.short_line_thr,
      refuse: "above",
      figure: "short_line_ratio",
      measure: (view) =>
        ratio(count(view.lines, (line) => view.lengthOf(line) <= short), view.lines.length),
    },
    {
      reason: "char-dup-ratio",
      setting: "char_duplicates_ratio",
      limit: limits.char_duplicates_ratio,
      refuse: "above",
      figure: "char_dup_ratio",
      measure: (view) =>
        ratio(repeatedChars(view, view.lines), view.length - occurrences(view.text, "\n")),
    },
    {
      reason: "list-ratio",
      setting: "new_line_ratio",
      limit: limits.new_line_ratio,
      refuse: "above",
      figure: "new_line_ratio",
      measure: ({ text, tokens }) => ratio(occurrences(text, "\n"), tokens.length),
    },
  ];
}

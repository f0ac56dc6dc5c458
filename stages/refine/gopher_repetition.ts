/**
 * The repetition heuristics of Gopher (Rae et al. 2021, arXiv 2112.11446, table A1), as datatrove's
 * GopherRepetitionFilter computes them.
 *
 * @module
 */
import { z } from "zod";
import { gramLength, gramsOf } from "./n_grams.ts";
import { ratio, type Rule } from "./rule.ts";
import type { TextView } from "./text_view.ts";

const limit = (value: number) => z.number().nonnegative().nullable().default(value);
const share = z.number().nonnegative();

/** Limits by datatrove's names; `null`, or an empty list of n-grams, turns rules off. */
export const GOPHER_REPETITION = z.strictObject({
  dup_para_frac: limit(0.3),
  dup_para_char_frac: limit(0.2),
  dup_line_frac: limit(0.3),
  dup_line_char_frac: limit(0.2),
  top_n_grams: z.array(z.tuple([z.literal([2, 3, 4]), share]))
    .default([[2, 0.2], [3, 0.18], [4, 0.16]]),
  dup_n_grams: z.array(z.tuple([z.literal([5, 6, 7, 8, 9, 10]), share]))
    .default([[5, 0.15], [6, 0.14], [7, 0.13], [8, 0.12], [9, 0.11], [10, 0.1]]),
});

/** The rules, in datatrove's order. */
export function gopherRepetitionRules(limits: z.output<typeof GOPHER_REPETITION>): Rule[] {
  const pieces = (
    reason: Rule["reason"],
    setting: "dup_para_frac" | "dup_para_char_frac" | "dup_line_frac" | "dup_line_char_frac",
    measure: Rule["measure"],
  ): Rule => ({
    reason,
    setting,
    limit: limits[setting],
    refuse: "above",
    figure: setting,
    measure,
  });
  return [
    pieces("dup-para-frac", "dup_para_frac", (view) => repeatedShare(paragraphs(view))),
    pieces(
      "dup-para-char-frac",
      "dup_para_char_frac",
      (view) => ratio(repeatedChars(view, paragraphs(view)), view.length),
    ),
    pieces("dup-line-frac", "dup_line_frac", (view) => repeatedShare(lines(view))),
    pieces(
      "dup-line-char-frac",
      "dup_line_char_frac",
      (view) => ratio(repeatedChars(view, lines(view)), view.length),
    ),
    ...limits.top_n_grams.map(([n, share]): Rule => ({
      reason: `top-${n}-gram`,
      setting: "top_n_grams",
      limit: share,
      refuse: "above",
      figure: `top_${n}_gram`,
      measure: (view) => ratio(topGramChars(view, n), view.length),
    })),
    ...limits.dup_n_grams.map(([n, share]): Rule => ({
      reason: `duplicated-${n}-n-grams`,
      setting: "dup_n_grams",
      limit: share,
      refuse: "above",
      figure: `duplicated_${n}_n_grams`,
      measure: (view) => ratio(repeatedGramChars(view, n), view.length),
    })),
  ];
}

const paragraphs = ({ text }: TextView) => text.trim().split(/\n{2,}/);
const lines = ({ text }: TextView) => text.split(/\n+/);

function repeatedShare(pieces: readonly string[]): number {
  return ratio(pieces.length - new Set(pieces).size, pieces.length);
}

/** Code points of pieces that stood before. */
export function repeatedChars(view: TextView, pieces: readonly string[]): number {
  const seen = new Set<string>();
  let chars = 0;
  for (const piece of pieces) {
    if (seen.has(piece)) chars += view.lengthOf(piece);
    else seen.add(piece);
  }
  return chars;
}

/** Code points of all occurrences of the most frequent n-gram, the first of those as frequent. */
function topGramChars(view: TextView, n: number): number {
  const { ids } = gramsOf(view, n);
  const counts = new Uint32Array(ids.length);
  for (const id of ids) counts[id] = (counts[id] as number) + 1;
  let top = 0;
  // Numbers are given in order of first occurrence.
  for (const [id, count] of counts.entries()) if (count > (counts[top] as number)) top = id;
  const start = ids.indexOf(top);
  return start < 0 ? 0 : (gramLength(view, { start, n }) + n - 1) * (counts[top] as number);
}

/** Code points of n-grams that stood before; after one of those the next begins behind it. */
function repeatedGramChars(view: TextView, n: number): number {
  const { ids } = gramsOf(view, n);
  const seen = new Set<number>();
  let chars = 0;
  for (let start = 0; start < ids.length;) {
    const id = ids[start] as number;
    if (seen.has(id)) {
      chars += gramLength(view, { start, n });
      start += n;
    } else {
      seen.add(id);
      start++;
    }
  }
  return chars;
}

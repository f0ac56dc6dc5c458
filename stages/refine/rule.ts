/**
 * A quality rule measures one figure of a text and refuses the text on one side of a limit.
 *
 * @module
 */
import type { Drop, RefusalReason } from "../meter.ts";
import type { TextView } from "./text_view.ts";

/** Why a text was refused. */
export type Refusal = Pick<Drop, "reason" | "detail">;

/** Figures of a text by name. */
export type Scores = Record<string, number>;

/** One rule. */
export interface Rule {
  readonly reason: RefusalReason;
  /** The setting that holds the limit, named as datatrove names it. */
  readonly setting: string;
  /** `null` turns the rule off. */
  readonly limit: number | null;
  /** The side of the limit on which a text is refused; the limit itself is fine. */
  readonly refuse: "below" | "above";
  /** Name of the figure among the scores of a document. */
  readonly figure: string;
  /** Pure. */
  readonly measure: (view: TextView) => number;
}

/**
 * Applies rules in their order and notes what they measured.
 *
 * @returns the first refusal, `undefined` for a text that passes
 */
export function applyRules(
  rules: readonly Rule[],
  { view, scores }: { view: TextView; scores: Scores },
): Refusal | undefined {
  for (const { reason, setting, limit, refuse, figure, measure } of rules) {
    if (limit === null) continue;
    const value = measure(view);
    scores[figure] = rounded(value);
    if (refuse === "below" ? value >= limit : value <= limit) continue;
    return {
      reason,
      detail: `${figure} is ${rounded(value)}, ${refuse} ${setting} ${limit}`,
    };
  }
  return undefined;
}

/** Four decimals are enough to look at. */
function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

/** `part / whole`, and 0 where there is no whole. */
export function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** How many of `items` pass `test`. */
export function count<T>(items: readonly T[], test: (item: T) => boolean): number {
  let found = 0;
  for (const item of items) if (test(item)) found++;
  return found;
}

/** How often `part`, which must not be empty, occurs in `text`, without overlap. */
export function occurrences(text: string, part: string): number {
  let found = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) found++;
  return found;
}

/**
 * Accuracy between guessing, which is 0, and being right, which is 1.
 *
 * @module
 */
import type { TaskScore } from "./task.ts";

/** The score with its accuracy also centered, where it is known what guessing gives. */
export function centered(score: TaskScore, baseline: number | undefined): TaskScore {
  const { acc, standardError } = score;
  if (baseline === undefined || acc === undefined) return score;
  const scale = 1 / (1 - baseline);
  return {
    ...score,
    centered: (acc - baseline) * scale,
    centeredError: standardError * scale,
  };
}

/** The mean over tasks, each counting once. */
export function meanCentered(scores: readonly TaskScore[]): TaskScore {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / scores.length;
  const squares = scores.map(({ centeredError = NaN }) => centeredError ** 2);
  const standardError = Math.sqrt(mean(squares) / scores.length);
  return {
    items: scores.reduce((sum, { items }) => sum + items, 0),
    standardError,
    centered: mean(scores.map(({ centered = NaN }) => centered)),
    centeredError: standardError,
  };
}

import type { StageCounts } from "../meter.ts";
import { nodeParts } from "./nodes.ts";
import type { Progress } from "./progress.ts";
import { sparkline } from "./sparkline.ts";
import { fitText, textWidth } from "./text_width.ts";
import { formatCount, formatDuration, formatRate } from "./units.ts";

/** Label at the end of the bottleneck's line. */
export const BOTTLENECK_MARK = "◀ bottleneck";

const BAR_WIDTH = 8;
const MAX_CURVE_WIDTH = 60;
/** Drop reasons named on a stage's line, the most frequent first. */
const SHOWN_REASONS = 2;
const GAP = "  ";

/**
 * Draws the status block: a headline, one line per stage and per node of several machines, and once
 * training has begun the last step and the loss curve. No line is wider than `columns`; parts that do not fit are dropped from the
 * right.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { renderBlock } from "./block.ts";
 * const progress = { phase: "crawling", elapsedMs: 61_000, stages: [], losses: [] };
 * assertEquals(renderBlock(progress, 80)[0], "crawling  1:01");
 * ```
 */
export function renderBlock(progress: Progress, columns: number): string[] {
  const time = formatDuration(progress.elapsedMs);
  const phase = fitText(progress.phase, columns - GAP.length - time.length);
  const nameWidth = Math.max(0, ...progress.stages.map(({ name }) => name.length));
  const lines = [
    fitParts([phase, time], columns),
    ...progress.stages.map((counts) =>
      fitParts(stageParts(counts, progress, { nameWidth, columns }), columns)
    ),
    ...nodeParts(progress.nodes ?? []).map((parts) => fitParts(parts, columns)),
  ];
  if (progress.report) {
    lines.push(fitParts(trainingParts(progress), columns));
    const width = Math.min(MAX_CURVE_WIDTH, columns - "loss".length - GAP.length);
    lines.push(fitParts(["loss", sparkline(progress.losses, width)], columns));
  }
  return lines;
}

/**
 * The last step, most informative figure first; perplexity is that of the held-out documents and
 * follows their loss, with the validated step where that is an earlier one. Empty before the first
 * step.
 */
export function trainingParts(progress: Progress): string[] {
  const { report, totalSteps, remainingMs, validation } = progress;
  if (!report) return [];
  const parts = [
    `step ${report.step}${totalSteps === undefined ? "" : `/${totalSteps}`}`,
    `loss ${report.loss.toFixed(4)}`,
    `${formatCount(report.tokensPerSecond)} tokens/s`,
  ];
  if (report.replica) {
    const { rank, replicas, round } = report.replica;
    parts.splice(1, 0, `round ${round}, replica ${rank + 1} of ${replicas}`);
  }
  const isLast = report.step === totalSteps;
  if (remainingMs !== undefined && !isLast) parts.push(`${formatDuration(remainingMs)} left`);
  if (validation !== undefined) {
    const perplexity = Math.exp(validation.loss);
    const at = validation.step === report.step ? "" : ` (step ${validation.step})`;
    parts.push(
      `validation ${validation.loss.toFixed(4)}${at}`,
      `perplexity ${perplexity < 1000 ? perplexity.toFixed(1) : formatCount(perplexity)}`,
    );
  }
  parts.push(`learning rate ${formatRate(report.learningRate)}`);
  return parts;
}

function stageParts(
  counts: StageCounts,
  { bottleneck }: Progress,
  { nameWidth, columns }: { nameWidth: number; columns: number },
): string[] {
  const parts = [
    counts.name.padEnd(nameWidth),
    `${formatCount(counts.itemsIn).padStart(5)} in`,
    `${formatCount(counts.itemsOut).padStart(5)} out`,
  ];
  const fill = bar(counts.queueFill);
  const mark = bottleneck === counts.name ? [BOTTLENECK_MARK] : [];
  // On a narrow terminal the word is more useful than the bar.
  const hasRoom = textWidth([...parts, fill, ...mark].join(GAP)) <= columns;
  parts.push(...(hasRoom || mark.length === 0 ? [fill] : []), ...mark);
  const dropped = droppedText(counts);
  if (dropped) parts.push(dropped);
  return parts;
}

/** `5 dropped: duplicate 3, no-text 2`, or nothing. */
export function droppedText({ dropped }: StageCounts): string {
  const reasons = Object.entries(dropped).toSorted(([, a], [, b]) => b - a);
  if (reasons.length === 0) return "";
  const total = reasons.reduce((sum, [, count]) => sum + count, 0);
  const shown = reasons.slice(0, SHOWN_REASONS).map(([reason, n]) => `${reason} ${formatCount(n)}`);
  const more = reasons.length > SHOWN_REASONS ? ", …" : "";
  return `${formatCount(total)} dropped: ${shown.join(", ")}${more}`;
}

/** A queue's fill, 0..1. A queue that is not empty shows at least one cell; a source has none. */
function bar(fill: number | undefined): string {
  if (fill === undefined) return " ".repeat(BAR_WIDTH + 2);
  const cells = Math.ceil(fill * BAR_WIDTH);
  return `[${"█".repeat(cells)}${"·".repeat(BAR_WIDTH - cells)}]`;
}

/** Joins parts up to the first that does not fit; the first is cut if need be. */
function fitParts(parts: readonly string[], columns: number): string {
  const [first = "", ...rest] = parts;
  let line = fitText(first, columns);
  for (const part of rest) {
    const longer = line + GAP + part;
    if (textWidth(longer) > columns) break;
    line = longer;
  }
  return line;
}

/**
 * metrics.jsonl: one JSON object per step, appended as the steps end.
 *
 * @module
 */
import type { StageCounts } from "../meter.ts";
import type { SphereCounters, StepReport } from "../types.ts";
import { TextLineStream } from "@std/streams";
import { type RunConstants, SPHERE_METRICS, STEP_METRICS } from "./metrics_table.ts";

/** Names of the metrics of a step. */
export type StepMetricName = typeof STEP_METRICS[number]["name"];
/** Names of the metrics of a leaf sphere. */
export type SphereMetricName = typeof SPHERE_METRICS[number]["name"];

/**
 * One line of metrics.jsonl: the metrics of metrics_table.ts by name. A value that is not finite (a
 * diverged loss) is written as null; one that was not measured is absent.
 */
export interface MetricsRecord extends Readonly<Partial<Record<StepMetricName, number>>> {
  /** 1-based optimizer step. */
  readonly step: number;
  /** Mean nats per target token over the batch. */
  readonly loss: number;
  /** Set where the guard skipped the step's update. */
  readonly skipped?: true;
  /** Each metric for every leaf sphere, in their order; `[S]`. */
  readonly spheres: Readonly<Record<SphereMetricName, readonly number[]>>;
  /** ISO 8601 instant at which the step was reported. */
  readonly time: string;
  /** The stages' counters so far; on some steps only. */
  readonly stages?: readonly StageCounts[];
}

/** The record of a step; `time` in milliseconds since the epoch. */
export function metricsRecord(
  report: StepReport,
  { time, stages, constants = {} }: {
    time: number;
    stages?: readonly StageCounts[];
    constants?: RunConstants;
  },
): MetricsRecord {
  const { step, loss, skipped } = report;
  const figures = Object.fromEntries(
    STEP_METRICS.map(({ name, of }) => [name, of({ report, constants })] as const)
      .filter(([, value]) => value !== undefined),
  );
  return {
    step,
    loss,
    ...figures,
    ...(skipped && { skipped }),
    spheres: columnsOf(report.spheres),
    time: new Date(time).toISOString(),
    ...(stages && { stages }),
  };
}

/** Hundredths of a millisecond are precise enough, and half as long. */
function columnsOf(spheres: readonly SphereCounters[]): MetricsRecord["spheres"] {
  const columns = SPHERE_METRICS.map(({ name, of }) =>
    [name, spheres.map((sphere) => Math.round(100 * of(sphere)) / 100)] as const
  );
  // Every name of the table is present.
  return Object.fromEntries(columns) as Record<SphereMetricName, number[]>;
}

/**
 * Truncates a metrics file of an earlier run so that `firstStep` can follow: removes that step and
 * later ones, and a line torn by a crash. Does nothing when there is no file.
 *
 * @throws {SyntaxError} when a whole line is not JSON with a step, and the file is thus another one
 */
export async function cutMetrics(
  path: string,
  { firstStep }: { firstStep: number },
): Promise<void> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  const { size } = await file.stat();
  const encoder = new TextEncoder();
  const lines = file.readable.pipeThrough(new TextDecoderStream()).pipeThrough(
    new TextLineStream(),
  );
  let kept = 0;
  let number = 0;
  for await (const line of lines) {
    number++;
    const end = kept + encoder.encode(line).length + "\n".length;
    const isTorn = end > size;
    if (isTorn || stepOf(line, { path, number }) >= firstStep) break;
    kept = end;
  }
  await Deno.truncate(path, kept);
}

function stepOf(line: string, { path, number }: { path: string; number: number }): number {
  const cannot = `Cannot continue ${path}: line ${number}`;
  let record: { step?: unknown } | null;
  try {
    record = JSON.parse(line);
  } catch (cause) {
    throw new SyntaxError(`${cannot} is not JSON; move the file away to start a new one`, {
      cause,
    });
  }
  if (typeof record?.step !== "number") {
    throw new SyntaxError(`${cannot} has no "step"; move the file away to start a new one`);
  }
  return record.step;
}

/**
 * metrics.jsonl: one JSON object a step, appended as the steps end.
 *
 * @module
 */
import type { StageCounts } from "../meter.ts";
import type { SphereCounters, StepReport } from "../types.ts";
import { TextLineStream } from "@std/streams";

/** How evenly the leaf spheres shared a step's work. */
export interface SphereSummary {
  readonly leaves: number;
  readonly workers: number;
  readonly meanComputeMs: number;
  readonly maxComputeMs: number;
  readonly meanWaitMs: number;
  readonly maxWaitMs: number;
  readonly bytesReduced: number;
}

/** One line of metrics.jsonl. A figure that is not finite (a diverged loss) is written as null. */
export interface MetricsRecord {
  readonly step: number;
  readonly loss: number;
  readonly perplexity: number;
  readonly learningRate: number;
  readonly gradNorm: number;
  readonly tokens: number;
  readonly totalTokens: number;
  readonly tokensPerSecond: number;
  readonly stepMs: number;
  readonly validationLoss?: number;
  readonly spheres: SphereSummary;
  /** ISO 8601 instant at which the step was reported. */
  readonly time: string;
  /** The stages' counters so far; on some steps only. */
  readonly stages?: readonly StageCounts[];
}

/** What is kept of a step; `time` in milliseconds since the epoch. */
export function metricsRecord(
  report: StepReport,
  { time, stages }: { time: number; stages?: readonly StageCounts[] },
): MetricsRecord {
  const { spheres, cursor: _cursor, snapshot: _snapshot, ...figures } = report;
  return {
    ...figures,
    spheres: summarizeSpheres(spheres),
    time: new Date(time).toISOString(),
    ...(stages && { stages }),
  };
}

function summarizeSpheres(spheres: readonly SphereCounters[]): SphereSummary {
  const sum = (name: "computeMs" | "waitMs" | "bytesReduced") =>
    spheres.reduce((total, sphere) => total + sphere[name], 0);
  const max = (name: "computeMs" | "waitMs") =>
    spheres.reduce((most, sphere) => Math.max(most, sphere[name]), 0);
  // A step without spheres has means of nothing: 0.
  const count = Math.max(1, spheres.length);
  return {
    leaves: spheres.length,
    workers: new Set(spheres.map(({ worker }) => worker)).size,
    meanComputeMs: sum("computeMs") / count,
    maxComputeMs: max("computeMs"),
    meanWaitMs: sum("waitMs") / count,
    maxWaitMs: max("waitMs"),
    bytesReduced: sum("bytesReduced"),
  };
}

/**
 * Cuts a metrics file of an earlier run so that `firstStep` can follow: from that step on, and a
 * line torn by a crash. A file that does not exist is left so.
 *
 * @throws {SyntaxError} when a whole line is not JSON with a step: then it is some other file
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

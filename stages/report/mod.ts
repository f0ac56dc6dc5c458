/**
 * The report stage, the end of a pipeline: appends every step to metrics.jsonl of the run folder and
 * shows it in the status.
 *
 * @module
 */
import { join } from "node:path";
import { appendWhole } from "../../model/durable.ts";
import type { StageMeter } from "../meter.ts";
import type { StepReport } from "../types.ts";
import { cutMetrics, metricsRecord } from "./metrics.ts";
import type { RunConstants } from "./metrics_table.ts";
import type { MetricsSink } from "./sink.ts";
import type { Status } from "./status.ts";

export { findBottleneck } from "./bottleneck.ts";
export { type MetricsRecord, metricsRecord } from "./metrics.ts";
export { describeMetrics, type RunConstants } from "./metrics_table.ts";
export { nodeNews, nodeParts, type NodeState, type RoleState } from "./nodes.ts";
export { openTelemetry } from "./open_telemetry.ts";
export { prometheusText } from "./prometheus.ts";
export type { MetricsSink } from "./sink.ts";
export { openEventFile } from "./tensorboard.ts";
export type { RunFacts } from "./run_facts.ts";
export type { StatusFile } from "./status_file.ts";
export { breakSilence, does, shown } from "./silence.ts";
export { startStatus } from "./status.ts";
export { formatCount, formatDuration } from "./units.ts";
export type { Status, StatusOptions } from "./status.ts";
export { processTerminal, type Terminal, wrapped } from "./terminal.ts";
export type { Every } from "./timer.ts";

/** Options of {@linkcode report}. */
export interface ReportOptions {
  /** Folder of the run, which exists; metrics.jsonl is written in it. */
  runDir: string;
  /** Shows each step; borrowed, the caller closes it. */
  status?: Status;
  /** Stages whose counters are written with the first step and each `countsEvery` steps. */
  meters?: readonly StageMeter[];
  /** Steps between two lines with counters; 50 by default. */
  countsEvery?: number;
  /** Constants that some metrics need. */
  constants?: RunConstants;
  /** Sinks that get each record as it is written; borrowed. */
  sinks?: readonly MetricsSink[];
  /** Called for each step once it is written. */
  onStep?: (step: StepReport) => void;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/**
 * Creates the report stage. A resumed run continues the same metrics.jsonl: lines from its first step
 * on, which an interrupted run may have left, are removed, so that no step appears twice.
 *
 * @throws {SyntaxError} with the first step, when metrics.jsonl is not a metrics file
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { report } from "./mod.ts";
 * const figures = { loss: 3, perplexity: 20, learningRate: 0.01, gradNorm: 1, stepMs: 500 };
 * const tokens = { tokens: 9, totalTokens: 9, tokensPerSecond: 18 };
 * const step = { step: 1, ...figures, ...tokens, spheres: [], cursor: { epoch: 0, batch: 1, state: 0 } };
 * const runDir = await Deno.makeTempDir();
 * await ReadableStream.from([step]).pipeTo(report({ runDir }));
 * assertEquals(JSON.parse(await Deno.readTextFile(`${runDir}/metrics.jsonl`)).loss, 3);
 * ```
 */
export function report({
  runDir,
  status,
  meters = [],
  countsEvery = 50,
  constants = {},
  sinks = [],
  onStep = () => {},
  now = Date.now,
}: ReportOptions): WritableStream<StepReport> {
  const path = join(runDir, "metrics.jsonl");
  const encoder = new TextEncoder();
  let isFirst = true;
  return new WritableStream({
    async write(step) {
      if (isFirst) await cutMetrics(path, { firstStep: step.step });
      const withCounts = isFirst || step.step % countsEvery === 0;
      const counts = withCounts ? { stages: meters.map((meter) => meter.counts()) } : {};
      isFirst = false;
      const record = metricsRecord(step, { time: now(), constants, ...counts });
      // Opened for each line: steps are slow, and no file leaks when the run is torn down.
      // Syncing every line would slow small models down.
      const line = encoder.encode(JSON.stringify(record) + "\n");
      await appendWhole(path, line, { sync: withCounts });
      status?.step(step);
      for (const sink of sinks) await sink.step(record);
      onStep(step);
    },
  });
}

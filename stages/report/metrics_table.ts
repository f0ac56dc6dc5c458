/**
 * Every figure that a run reports, once: metrics.jsonl, the Prometheus text, TensorBoard's event
 * files, OpenTelemetry and docs/metrics.md are all made from these tables.
 *
 * @module
 */
import type { StageCounts } from "../meter.ts";
import type { SphereCounters, StepReport } from "../types.ts";

/** One figure; `From` is what it is read from. */
export interface Metric<From, Name extends string = string> {
  /** As in metrics.jsonl; in other forms the same words, milliseconds as seconds. */
  readonly name: Name;
  readonly unit: string;
  /** A counter only grows in one session. */
  readonly kind: "gauge" | "counter";
  readonly meaning: string;
  /** The value, undefined where it was not measured. */
  readonly of: (from: From) => number | undefined;
}

/** What is the same for every step of a run; what is unknown stays out, with its figures. */
export interface RunConstants {
  /** UTF-8 bytes of text that one token stands for. */
  readonly bytesPerToken?: number;
  /** Floating-point operations that training on one token takes. */
  readonly flopsPerToken?: number;
  /** Multiply-adds on registers alone, all workers together, in operations a second. */
  readonly peakFlops?: number;
}

/** A step with the constants of its run. */
export interface StepFigures {
  readonly report: StepReport;
  readonly constants: RunConstants;
}

function metric<From, Value extends number | undefined>() {
  return <const Name extends string>(
    name: Name,
    unit: string,
    meaning: string,
    of: (from: From) => Value,
    kind: Metric<From>["kind"] = "gauge",
  ) => ({ name, unit, kind, meaning, of });
}

const step = metric<StepFigures, number | undefined>();
const sphere = metric<SphereCounters, number>();
const stage = metric<StageCounts, number | undefined>();

/** Nats a token as bits a byte. */
function bitsPerByte(nats: number | undefined, { bytesPerToken }: RunConstants) {
  if (nats === undefined || bytesPerToken === undefined) return undefined;
  return nats / Math.LN2 / bytesPerToken;
}

/** Once a step. */
export const STEP_METRICS = [
  step("loss", "nats/token", "mean loss over the step's batch", ({ report }) => report.loss),
  step("perplexity", "", "e to the loss of the step's batch", ({ report }) => report.perplexity),
  step(
    "bitsPerByte",
    "bits/byte",
    "the loss a byte of text; a token's bytes are those at the beginning of the corpus",
    ({ report, constants }) => bitsPerByte(report.loss, constants),
  ),
  step(
    "validationLoss",
    "nats/token",
    "mean loss on held-out documents, on steps that validate",
    ({ report }) => report.validationLoss,
  ),
  step(
    "validationPerplexity",
    "",
    "e to the validation loss",
    ({ report: { validationLoss } }) =>
      validationLoss === undefined ? undefined : Math.exp(validationLoss),
  ),
  step(
    "validationBitsPerByte",
    "bits/byte",
    "the validation loss a byte of text",
    ({ report, constants }) => bitsPerByte(report.validationLoss, constants),
  ),
  step("learningRate", "", "highest rate of the step", ({ report }) => report.learningRate),
  step("gradNorm", "", "global L2 norm before clipping", ({ report }) => report.gradNorm),
  step("tokens", "tokens", "scored tokens of the step", ({ report }) => report.tokens),
  step(
    "totalTokens",
    "tokens",
    "scored tokens since the first step",
    ({ report }) => report.totalTokens,
    "counter",
  ),
  step(
    "tokensPerSecond",
    "tokens/s",
    "the step's tokens over its time",
    ({ report }) => report.tokensPerSecond,
  ),
  step(
    "shareOfPeak",
    "0..1",
    "the step's multiply-adds against a loop of them on registers alone",
    ({ report, constants: { flopsPerToken, peakFlops } }) =>
      flopsPerToken === undefined || peakFlops === undefined
        ? undefined
        : report.tokensPerSecond * flopsPerToken / peakFlops,
  ),
  step("stepMs", "ms", "forward, backward and update", ({ report }) => report.stepMs),
  step(
    "dataMs",
    "ms",
    "phase before the step: waiting for its batch",
    ({ report }) => report.phases?.dataMs,
  ),
  step(
    "forwardBackwardMs",
    "ms",
    "phase of the step: until the last leaf sphere is done",
    ({ report }) => report.phases?.forwardBackwardMs,
  ),
  step(
    "updateMs",
    "ms",
    "phase of the step: gradient norm, optimizer, packing of the new weights",
    ({ report }) => report.phases?.updateMs,
  ),
  step(
    "validationMs",
    "ms",
    "phase after the step: the held-out documents",
    ({ report }) => report.phases?.validationMs,
  ),
] as const satisfies readonly Metric<StepFigures>[];

/** Once a step and leaf sphere. */
export const SPHERE_METRICS = [
  sphere("worker", "", "number of the worker that ran the leaf", ({ worker }) => worker),
  sphere("tokens", "tokens", "scored tokens of the leaf", ({ tokens }) => tokens),
  sphere("computeMs", "ms", "computing", ({ computeMs }) => computeMs),
  sphere("waitMs", "ms", "waiting for its turn in the reduction", ({ waitMs }) => waitMs),
] as const satisfies readonly Metric<SphereCounters>[];

/** Once a stage, with the first step of a session and each fiftieth, and live. */
export const STAGE_METRICS = [
  stage("itemsIn", "items", "items taken in", (counts) => counts.itemsIn, "counter"),
  stage("itemsOut", "items", "items handed on", (counts) => counts.itemsOut, "counter"),
  stage(
    "bytesIn",
    "bytes, characters or tokens",
    "size of what was taken in, in the stage's own unit",
    (counts) => counts.bytesIn,
    "counter",
  ),
  stage(
    "bytesOut",
    "bytes, characters or tokens",
    "size of what was handed on",
    (counts) => counts.bytesOut,
    "counter",
  ),
  stage(
    "queueFill",
    "0..1",
    "fill of the input queue against its bound; a source has none",
    (counts) => counts.queueFill,
  ),
  stage("busyMs", "ms", "working", (counts) => counts.busyMs, "counter"),
  stage(
    "waitingInputMs",
    "ms",
    "waiting for input",
    (counts) => counts.waitingInputMs,
    "counter",
  ),
  stage(
    "blockedOutputMs",
    "ms",
    "blocked by output: there is work, and nobody asks for more",
    (counts) => counts.blockedOutputMs,
    "counter",
  ),
] as const satisfies readonly Metric<StageCounts>[];

/** Once a stage and reason; in metrics.jsonl an object by reason. */
export const DROP_METRIC = {
  name: "dropped",
  unit: "items",
  kind: "counter",
  meaning: "items dropped, by reason",
} as const;

/** The tables as Markdown. */
export function describeMetrics(): string {
  const table = (title: string, metrics: readonly Omit<Metric<never>, "of">[]) =>
    [
      `## ${title}`,
      "",
      "| Name | Unit | Kind | Meaning |",
      "| --- | --- | --- | --- |",
      ...metrics.map(({ name, unit, kind, meaning }) =>
        `| \`${name}\` | ${unit} | ${kind} | ${meaning} |`
      ),
    ].join("\n");
  return [
    table("A step", STEP_METRICS),
    table("A leaf sphere, each step", SPHERE_METRICS),
    table("A stage", [...STAGE_METRICS, DROP_METRIC]),
  ].join("\n\n") + "\n";
}

/**
 * Every metric of a run, declared once: metrics.jsonl, the Prometheus text, TensorBoard's event
 * files, OpenTelemetry and docs/metrics.md are all made from these tables.
 *
 * @module
 */
import type { StageCounts } from "../meter.ts";
import type { SphereCounters, StepReport } from "../types.ts";
import type { NodeState, RoleState } from "./nodes.ts";

/** One metric; `From` is what it is read from. */
export interface Metric<From, Name extends string = string> {
  /** As in metrics.jsonl; other formats use the same words, and seconds instead of milliseconds. */
  readonly name: Name;
  readonly unit: string;
  /** A counter only grows within a session. */
  readonly kind: "gauge" | "counter";
  readonly meaning: string;
  /** The value; undefined where it was not measured. */
  readonly of: (from: From) => number | undefined;
}

/** Constants of a run; metrics of an unknown one are absent. */
export interface RunConstants {
  /** UTF-8 bytes of text per token, at the beginning of the corpus. */
  readonly bytesPerToken?: number;
  /** The same of the text that validations score. */
  readonly validationBytesPerToken?: number;
  /** Floating-point operations per trained token. */
  readonly flopsPerToken?: number;
  /** Peak of register-only multiply-adds, all workers together, in operations per second. */
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
const node = metric<NodeState, number>();
const role = metric<RoleState, number | undefined>();

/** Converts nats per token to bits per byte. */
function bitsPerByte(nats: number | undefined, bytesPerToken: number | undefined) {
  if (nats === undefined || bytesPerToken === undefined) return undefined;
  return nats / Math.LN2 / bytesPerToken;
}

/** Once per step. */
export const STEP_METRICS = [
  step("loss", "nats/token", "mean loss over the step's batch", ({ report }) => report.loss),
  step("perplexity", "", "e to the loss of the step's batch", ({ report }) => report.perplexity),
  step(
    "bitsPerByte",
    "bits/byte",
    "the loss per byte of text, at the bytes per token of the beginning of the corpus",
    ({ report, constants }) => bitsPerByte(report.loss, constants.bytesPerToken),
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
    "the validation loss per byte of the text that it scores",
    ({ report, constants }) =>
      bitsPerByte(report.validationLoss, constants.validationBytesPerToken),
  ),
  step(
    "round",
    "",
    "1-based round of a run in replicas, which ends with an outer step",
    ({ report }) => report.replica?.round,
  ),
  step(
    "replica",
    "",
    "0-based replica that the step is of, in a run with several",
    ({ report }) => report.replica?.rank,
  ),
  step(
    "replicas",
    "",
    "replicas of the run, where it has several",
    ({ report }) => report.replica?.replicas,
  ),
  step("learningRate", "", "highest rate of the step", ({ report }) => report.learningRate),
  step("gradNorm", "", "global L2 norm before clipping", ({ report }) => report.gradNorm),
  step("tokens", "tokens", "target tokens of the step", ({ report }) => report.tokens),
  step(
    "totalTokens",
    "tokens",
    "target tokens since the first step",
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
    "",
    "the step's multiply-adds over those of a register-only loop; above 1 if that was slowed",
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

/** Once per step and leaf sphere. */
export const SPHERE_METRICS = [
  sphere("worker", "", "number of the worker that ran the sphere", ({ worker }) => worker),
  sphere("tokens", "tokens", "target tokens of its microbatch", ({ tokens }) => tokens),
  sphere("computeMs", "ms", "computing", ({ computeMs }) => computeMs),
  sphere("waitMs", "ms", "waiting for its turn in the reduction", ({ waitMs }) => waitMs),
] as const satisfies readonly Metric<SphereCounters>[];

/** Once per stage, with the first step of a session and every fiftieth, and live. */
export const STAGE_METRICS = [
  stage("itemsIn", "items", "items taken in", (counts) => counts.itemsIn, "counter"),
  stage("itemsOut", "items", "items passed on", (counts) => counts.itemsOut, "counter"),
  stage(
    "bytesIn",
    "bytes, characters or tokens",
    "size of the items taken in, in the stage's unit",
    (counts) => counts.bytesIn,
    "counter",
  ),
  stage(
    "bytesOut",
    "bytes, characters or tokens",
    "size of the items passed on",
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
    "blocked by output: there is work, but no demand",
    (counts) => counts.blockedOutputMs,
    "counter",
  ),
] as const satisfies readonly Metric<StageCounts>[];

/** Once per stage and reason; in metrics.jsonl an object by reason. */
export const DROP_METRIC = {
  name: "dropped",
  unit: "items",
  kind: "counter",
  meaning: "items dropped, by reason",
} as const;

/** Live, once per node of a run on several machines; not in metrics.jsonl. */
export const NODE_METRICS = [
  node("memoryBytes", "bytes", "resident memory of its process", (state) => state.memoryBytes),
  node("silentMs", "ms", "since it last told anything", (state) => state.silentMs),
  node("vanished", "", "1 once it is silent for five beats", (state) => Number(state.vanished)),
] as const satisfies readonly Metric<NodeState>[];

/** Live, once per role of a node. */
export const ROLE_METRICS = [
  role("active", "", "0 where it stands by for another", ({ active }) => Number(active)),
  role(
    "waits",
    "",
    "1 while it waits, for what status.json and the dashboard say",
    ({ waitsFor }) => Number(waitsFor !== undefined),
  ),
  role(
    "owned",
    "items",
    "host shards, parts or replicas that are its own",
    ({ owns }) => owns.length,
  ),
  role("lag", "items", "items that wait to be taken", ({ lag }) => lag),
] as const satisfies readonly Metric<RoleState>[];

/** Live, once per role and what it counts. */
export const ROLE_COUNT_METRIC = {
  name: "done",
  unit: "items",
  kind: "counter",
  meaning: "pages, documents, rounds, ... since it joined, by name",
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
    table("A node of a run on several machines, live", NODE_METRICS),
    table("A role of a node, live", [...ROLE_METRICS, ROLE_COUNT_METRIC]),
  ].join("\n\n") + "\n";
}

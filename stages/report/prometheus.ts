/**
 * The metrics of a run in Prometheus' text format.
 *
 * @module
 */
import type { Counter, Gauge } from "prom-client";
import type { StageCounts } from "../meter.ts";
import type { MetricsRecord } from "./metrics.ts";
import {
  DROP_METRIC,
  NODE_METRICS,
  ROLE_COUNT_METRIC,
  ROLE_METRICS,
  SPHERE_METRICS,
  STAGE_METRICS,
  STEP_METRICS,
} from "./metrics_table.ts";
import type { NodeState } from "./nodes.ts";

/** Snapshot of a run. */
export interface Exposed {
  /** The last step, once there is one. */
  readonly record?: MetricsRecord;
  readonly stages: readonly StageCounts[];
  /** Nodes of a run on several machines. */
  readonly nodes?: readonly NodeState[];
}

type Described = Pick<typeof STEP_METRICS[number], "unit" | "kind" | "meaning"> & { name: string };

/**
 * Text in the exposition format, version 0.0.4. Names are those of metrics_table.ts in snake case
 * after `cllm_`; milliseconds become seconds, counters end in `_total`.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { prometheusText } from "./prometheus.ts";
 * import { StageMeter } from "../meter.ts";
 * const text = await prometheusText({ stages: [new StageMeter("crawl").counts()] });
 * assertStringIncludes(text, 'cllm_stage_items_in_total{stage="crawl"} 0');
 * ```
 */
export async function prometheusText({ record, stages, nodes = [] }: Exposed): Promise<string> {
  const { Counter, Gauge, Registry } = await import("prom-client");
  const registry = new Registry();
  const expose = (prefix: string, metric: Described, labelNames: readonly string[] = []) => {
    const scale = metric.name.endsWith("Ms") ? 1e-3 : 1;
    const options = {
      name: prometheusName(prefix, metric),
      help: metric.unit === "" || scale !== 1
        ? metric.meaning
        : `${metric.meaning}; ${metric.unit}`,
      labelNames,
      registers: [registry],
    };
    const make = () => metric.kind === "gauge" ? new Gauge(options) : new Counter(options);
    let collector: Gauge | Counter | undefined;
    // Omitted when not measured, because a collector without labels starts at zero.
    return (value: number | null | undefined, labels: Record<string, string> = {}) => {
      if (value === undefined || value === null) return;
      (collector ??= make()).inc(labels, scale * value);
    };
  };
  for (const metric of STEP_METRICS) expose("", metric)(record?.[metric.name]);
  for (const metric of SPHERE_METRICS) {
    const add = expose("sphere_", metric, ["leaf"]);
    record?.spheres[metric.name].forEach((value, leaf) => add(value, { leaf: String(leaf) }));
  }
  for (const metric of STAGE_METRICS) {
    const add = expose("stage_", metric, ["stage"]);
    for (const counts of stages) add(metric.of(counts), { stage: counts.name });
  }
  const addDrop = expose("stage_", DROP_METRIC, ["stage", "reason"]);
  for (const { name, dropped } of stages) {
    for (const [reason, count] of Object.entries(dropped)) addDrop(count, { stage: name, reason });
  }
  for (const metric of NODE_METRICS) {
    const add = expose("node_", metric, ["node"]);
    for (const state of nodes) add(metric.of(state), { node: state.node });
  }
  const roles = nodes.flatMap(({ node, roles }) => roles.map((state) => ({ node, state })));
  for (const metric of ROLE_METRICS) {
    const add = expose("role_", metric, ["node", "role"]);
    for (const { node, state } of roles) add(metric.of(state), { node, role: state.role });
  }
  const addDone = expose("role_", ROLE_COUNT_METRIC, ["node", "role", "what"]);
  for (const { node, state: { role, counts } } of roles) {
    for (const [what, count] of Object.entries(counts)) addDone(count, { node, role, what });
  }
  return await registry.metrics();
}

/** `cllm_stage_busy_seconds_total` for `busyMs` of a stage. */
function prometheusName(prefix: string, { name, kind }: Described): string {
  const snake = name.replace(/Ms$/, "Seconds").replace(
    /[A-Z]/g,
    (letter) => `_${letter.toLowerCase()}`,
  );
  return `cllm_${prefix}${snake}${kind === "counter" ? "_total" : ""}`;
}

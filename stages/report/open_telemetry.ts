/**
 * Exports the metrics of each step through OpenTelemetry: Deno exports them when it is started with
 * OTEL_DENO=true; otherwise the API does nothing.
 *
 * @module
 */
import type { MetricsRecord } from "./metrics.ts";
import { SPHERE_METRICS, STEP_METRICS } from "./metrics_table.ts";
import type { MetricsSink } from "./sink.ts";

/**
 * A sink that sets one gauge per metric, and ends one span per step.
 *
 * @example
 * ```ts
 * import { openTelemetry } from "./open_telemetry.ts";
 * const sink = await openTelemetry();
 * const spheres = { worker: [], tokens: [], computeMs: [], waitMs: [] };
 * await sink.step({ step: 1, loss: 8, stepMs: 100, spheres, time: "2030-01-02T00:00:00Z" });
 * ```
 */
export async function openTelemetry(): Promise<MetricsSink> {
  const { metrics, trace } = await import("@opentelemetry/api");
  const meter = metrics.getMeter("cllm");
  const tracer = trace.getTracer("cllm");
  const gauge = (
    prefix: string,
    { name, unit, meaning }: typeof STEP_METRICS[number] | typeof SPHERE_METRICS[number],
  ) => meter.createGauge(`cllm.${prefix}${name}`, { unit, description: meaning });
  const ofStep = STEP_METRICS.map((metric) => [metric.name, gauge("", metric)] as const);
  const ofSphere = SPHERE_METRICS.map((metric) => [metric.name, gauge("sphere.", metric)] as const);
  return {
    step(record: MetricsRecord) {
      for (const [name, gauge] of ofStep) {
        const value = record[name];
        if (value !== undefined) gauge.record(value);
      }
      for (const [name, gauge] of ofSphere) {
        record.spheres[name].forEach((value, leaf) => gauge.record(value, { leaf }));
      }
      const endTime = Date.parse(record.time);
      const startTime = endTime - (record.stepMs ?? 0);
      tracer.startSpan("step", {
        startTime,
        attributes: { "cllm.step": record.step, "cllm.loss": record.loss },
      }).end(endTime);
      return Promise.resolve();
    },
  };
}

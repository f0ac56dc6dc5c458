import type { MetricsRecord } from "./metrics.ts";

/** Another destination for the metrics of each step. */
export interface MetricsSink {
  /** Takes in a step; a failure ends the run. */
  step(record: MetricsRecord): Promise<void>;
}

import type { MetricsRecord } from "./metrics.ts";

/** Another place that the figures of each step go to. */
export interface MetricsSink {
  /** Takes in a step; a failure ends the run. */
  step(record: MetricsRecord): Promise<void>;
}

import type { StepReport } from "../../../stages/types.ts";

/** A plausible report of step `step`. */
export function stepReport(step: number, more: Partial<StepReport> = {}): StepReport {
  return {
    step,
    loss: 5,
    perplexity: 148.41316,
    learningRate: 0.00293,
    gradNorm: 1.5,
    tokens: 1524,
    totalTokens: 1524 * step,
    tokensPerSecond: 12345,
    stepMs: 100,
    spheres: [],
    cursor: { epoch: 0, batch: step, state: null },
    ...more,
  };
}

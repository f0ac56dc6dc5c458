/**
 * The report of a step, and the validation that may be in it.
 *
 * @module
 */
import type { StepOutcome } from "../../workers/mod.ts";
import type { Batch, SphereCounters, StepReport } from "../types.ts";
import type { Objective } from "./preferences.ts";

/** Durations of a step that its report divides into phases. */
export interface StepTimes {
  readonly dataMs: number;
  readonly stepMs: number;
  readonly validationMs: number;
}

/** Makes the report of a step on `batch`. */
export function makeReport(
  { batch, outcome, learningRate }: { batch: Batch; outcome: StepOutcome; learningRate: number },
  { step, totalTokens, times: { dataMs, stepMs, validationMs }, validationLoss }:
    & Pick<StepReport, "step" | "totalTokens">
    & { times: StepTimes; validationLoss: number | undefined },
): StepReport {
  const forwardBackwardMs = Math.min(stepMs, leavesMs(outcome.spheres));
  return {
    step,
    loss: outcome.loss,
    perplexity: Math.exp(outcome.loss),
    learningRate,
    gradNorm: outcome.gradNorm,
    ...(outcome.skipped ? { skipped: true } : {}),
    tokens: batch.validTokens,
    totalTokens,
    tokensPerSecond: batch.validTokens / (stepMs / 1000),
    stepMs,
    phases: { dataMs, forwardBackwardMs, updateMs: stepMs - forwardBackwardMs, validationMs },
    spheres: outcome.spheres,
    cursor: batch.cursor,
    ...(validationLoss === undefined ? {} : { validationLoss }),
  };
}

/** Time of the worker whose microbatches took longest. */
function leavesMs(spheres: readonly SphereCounters[]): number {
  const byWorker = new Map<number, number>();
  for (const { worker, computeMs, waitMs } of spheres) {
    byWorker.set(worker, (byWorker.get(worker) ?? 0) + computeMs + waitMs);
  }
  return Math.max(0, ...byWorker.values());
}

/** Mean nats per target token over held-out batches; NaN when there are none. */
export async function validate(
  spheres: Pick<Objective, "evaluate">,
  batches: AsyncIterable<Batch>,
): Promise<number> {
  let loss = 0;
  let tokens = 0;
  for await (const batch of batches) {
    const part = await spheres.evaluate(batch);
    loss += part.loss;
    tokens += part.tokens;
  }
  return loss / tokens;
}

/**
 * Describes a stopped run in one line.
 *
 * @module
 */
import { latestCheckpoint, readCheckpointInfo } from "../model/checkpoint/mod.ts";
import type { StepReport } from "../stages/types.ts";
import type { RunPaths } from "./folder.ts";

/** `Stopped at step 8, saved …/step-000008, go on with: deno task pipeline --run …`. */
export async function describeStop(
  paths: RunPaths,
  { documents }: { documents: number },
): Promise<string> {
  const newest = await latestCheckpoint(paths.checkpoints);
  const step = newest === undefined ? 0 : (await readCheckpointInfo(newest)).step;
  const saved = newest ?? `${documents} document${documents === 1 ? "" : "s"} in ${paths.corpus}`;
  return `Stopped at step ${step}, saved ${saved}, ` +
    `go on with: deno task pipeline --run ${quoted(paths.root)}`;
}

/** A path quoted for a POSIX shell. */
export function quoted(path: string): string {
  return /^[\w./@%+:,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** Message for a step that the guard skipped. */
export function describeSkip({ step, loss, gradNorm }: StepReport): string {
  return `step ${step} skipped: loss ${loss.toFixed(3)}, gradient norm ${gradNorm.toFixed(2)}: ` +
    `an outlier (--guard 0 lets all pass)`;
}

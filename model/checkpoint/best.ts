/**
 * Finds the checkpoint with the lowest loss on held-out documents.
 *
 * @module
 */
import { join } from "node:path";
import { readState } from "./load.ts";

/**
 * The name of the checkpoint with the lowest validation loss, the latest of equal ones; undefined where
 * none was validated.
 *
 * @param options `names` in the order of their steps, as `listCheckpoints` gives them
 */
export async function bestCheckpoint(
  checkpointsDir: string,
  { names }: { names: readonly string[] },
): Promise<string | undefined> {
  let best: { name: string; loss: number } | undefined;
  for (const name of names) {
    const loss = await lossOf(join(checkpointsDir, name));
    if (loss !== undefined && (best === undefined || loss <= best.loss)) best = { name, loss };
  }
  return best?.name;
}

/**
 * A damaged checkpoint is skipped, since loading it reports the damage; so is one that the training
 * process has removed since it was listed.
 */
async function lossOf(dir: string): Promise<number | undefined> {
  try {
    return (await readState(dir)).metrics.validationLoss;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Loads the checkpoint that a run resumes from.
 *
 * @module
 */
import { join } from "node:path";
import type { Layout } from "../layout.ts";
import { notFinite } from "./finite.ts";
import { latestCheckpoint, listCheckpoints } from "./latest.ts";
import { type CheckpointInfo, loadCheckpoint, type LoadCheckpointOptions } from "./load.ts";

/** Options of {@linkcode loadNewest}. */
export interface LoadNewestOptions extends LoadCheckpointOptions {
  /** The model to load into; a checkpoint with a value that is not finite counts as damaged. */
  readonly layout: Layout;
  /** Whether to fall back to an earlier one where the newest is damaged. */
  readonly fallBack: boolean;
}

/** The checkpoint that a run resumes from. */
export interface NewestCheckpoint extends CheckpointInfo {
  /** Why newer ones were skipped, each in words. */
  readonly passedOver: readonly string[];
}

/**
 * Loads the newest checkpoint in the folder `checkpointsDir`; undefined when there is none.
 *
 * @throws {SyntaxError} naming the damage, or values that are not finite, in the newest one or, with
 * `fallBack`, in the last one tried when all fail
 */
export async function loadNewest(
  checkpointsDir: string,
  { fallBack, ...options }: LoadNewestOptions,
): Promise<NewestCheckpoint | undefined> {
  const newest = await latestCheckpoint(checkpointsDir);
  if (newest === undefined) return undefined;
  const names = await listCheckpoints(checkpointsDir);
  const earlier = names.map((name) => join(checkpointsDir, name)).reverse()
    .filter((dir) => dir !== newest);
  const passedOver: string[] = [];
  let damage: unknown;
  for (const dir of [newest, ...fallBack ? earlier : []]) {
    try {
      const info = await loadCheckpoint(dir, options);
      const ruined = notFinite(options.into, { layout: options.layout });
      if (ruined === undefined) return { ...info, passedOver };
      throw new SyntaxError(`Cannot go on from ${dir}: its ${ruined}`);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      damage = error;
      passedOver.push(error.message);
    }
  }
  if (fallBack || earlier.length === 0 || !(damage instanceof Error)) throw damage;
  throw new SyntaxError(
    `${damage.message}; --fall-back goes on from the newest checkpoint that is whole`,
    { cause: damage },
  );
}

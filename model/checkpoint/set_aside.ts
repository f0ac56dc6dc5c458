/**
 * Sets aside a checkpoint whose weights diverged.
 *
 * @module
 */
import { basename, join } from "node:path";
import { exists, syncFolder } from "../durable.ts";
import { latestCheckpoint, listCheckpoints, removeLatest, writeLatest } from "./latest.ts";

/** Suffix of a folder of diverged weights, from which nothing resumes. */
export const DIVERGED_SUFFIX = ".diverged";

/**
 * Renames the checkpoint `dir` to `step-000500.diverged` and points `latest` to the one before it.
 * Killed at any moment, it leaves a `latest` that names a whole checkpoint.
 *
 * @returns the checkpoint that is the latest now; undefined when there is none
 */
export async function setAsideCheckpoint(dir: string): Promise<string | undefined> {
  const [parent, name] = [join(dir, ".."), basename(dir)];
  const earlier = (await listCheckpoints(parent)).filter((other) => other !== name).at(-1);
  if (earlier === undefined) await removeLatest(parent);
  else await writeLatest(parent, earlier);
  const aside = dir + DIVERGED_SUFFIX;
  if (await exists(aside)) await Deno.remove(aside, { recursive: true });
  await Deno.rename(dir, aside);
  await syncFolder(parent);
  return await latestCheckpoint(parent);
}

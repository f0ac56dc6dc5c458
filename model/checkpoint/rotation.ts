/**
 * Removes checkpoints that no retention rule keeps.
 *
 * @module
 */
import { join } from "node:path";
import { syncFolder } from "../durable.ts";
import { isHeld } from "./base.ts";
import { bestCheckpoint } from "./best.ts";
import { listCheckpoints, readPointer, stepOf, TEMPORARY_PREFIX } from "./latest.ts";

/** Which checkpoints to keep; a checkpoint stays if any rule keeps it. */
export interface Retention {
  /** Number of newest ones. Default 3. */
  readonly keepLast?: number;
  /** Keeps those whose step is a multiple of this; 0, the default, for none. */
  readonly keepEvery?: number;
  /** Keeps the one with the lowest validation loss, where any was measured. Default true. */
  readonly keepBest?: boolean;
}

/** Refuses, with a `RangeError`, a retention that might keep nothing. */
export function checkRetention({ keepLast = 3, keepEvery = 0 }: Retention): void {
  if (!Number.isInteger(keepLast) || keepLast < 1) {
    throw new RangeError(`Cannot keep checkpoints: keepLast must be at least 1, got ${keepLast}`);
  }
  if (!Number.isInteger(keepEvery) || keepEvery < 0) {
    throw new RangeError(`Cannot keep checkpoints: keepEvery must be at least 0, got ${keepEvery}`);
  }
}

/**
 * Removes the checkpoints that no rule keeps, never the one `latest` names or an adapter needs, and the
 * remains of killed processes. Only the process that writes the checkpoints may call it, between two saves.
 *
 * @returns names of the checkpoints removed
 * @throws {RangeError} when the rules make no sense
 */
export async function rotateCheckpoints(
  checkpointsDir: string,
  retention: Retention = {},
): Promise<string[]> {
  checkRetention(retention);
  const { keepLast = 3, keepEvery = 0, keepBest = true } = retention;
  const pointed = await readPointer(checkpointsDir);
  const names = await listCheckpoints(checkpointsDir);
  const older = names.slice(0, -keepLast);
  const best = keepBest && older.length > 0
    ? await bestCheckpoint(checkpointsDir, { names })
    : undefined;
  const isMajor = (name: string) => keepEvery > 0 && stepOf(name) % keepEvery === 0;
  const removed: string[] = [];
  for (const name of older) {
    if (name === pointed || name === best || isMajor(name)) continue;
    if (!await isHeld(join(checkpointsDir, name))) removed.push(name);
  }
  for (const name of removed) {
    // Renamed first, so that an interrupted removal leaves no partial checkpoint under a valid name.
    await Deno.rename(join(checkpointsDir, name), join(checkpointsDir, TEMPORARY_PREFIX + name));
  }
  for await (const { name } of Deno.readDir(checkpointsDir)) {
    if (!name.startsWith(TEMPORARY_PREFIX)) continue;
    await Deno.remove(join(checkpointsDir, name), { recursive: true });
  }
  await syncFolder(checkpointsDir);
  return removed;
}

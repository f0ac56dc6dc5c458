/**
 * The last checkpoint of a run, where it answers more of its conversations than the one of the lowest loss on
 * held-out ones.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { readPointer } from "../model/checkpoint/mod.ts";
import { exists, replaceFile } from "../model/durable.ts";

const FILE = "preferred";

/** Makes `name` the checkpoint of the folder `checkpoints` that is used. */
export async function preferCheckpoint(checkpoints: string, name: string): Promise<void> {
  await replaceFile(join(checkpoints, FILE), name + "\n");
}

/** Makes the one of the lowest loss the one that is used. */
export async function forgetPreferred(checkpoints: string): Promise<void> {
  const path = join(checkpoints, FILE);
  if (await exists(path)) await Deno.remove(path);
}

/** Whether the latest checkpoint is preferred; one that later ones follow was never compared with them. */
export async function isPreferred(latest: string): Promise<boolean> {
  return await readPointer(dirname(latest), FILE) === basename(latest);
}

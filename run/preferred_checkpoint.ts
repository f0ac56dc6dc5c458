/**
 * The checkpoint of a run that answers more of its conversations than the one of the lowest loss on
 * held-out ones.
 *
 * @module
 */
import { join } from "node:path";
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

/** The name of the one among `names` that is preferred, if one is. */
export async function preferredCheckpoint(
  checkpoints: string,
  { names }: { names: readonly string[] },
): Promise<string | undefined> {
  const name = await readPointer(checkpoints, FILE);
  return name !== undefined && names.includes(name) ? name : undefined;
}

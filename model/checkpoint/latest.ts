/**
 * Finds the checkpoints of a run, and the newest of them.
 *
 * @module
 */
import { basename, join } from "node:path";
import { exists, readBounded, replaceFile, syncFolder } from "../durable.ts";

/** Prefix of folders that are being written or removed, or were when their process was killed. */
export const TEMPORARY_PREFIX = ".tmp-";

/** Prefix of a checkpoint set aside while another of its name replaces it. */
export const OLD_SUFFIX = ".old";

const POINTER = "latest";
const STEP_FOLDER = /^step-(\d+)(\.old)?$/;

/** The folder name of a step's checkpoint, such as `step-000500`. */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(6, "0")}`;
}

/** The step of a checkpoint's folder, by its name alone. */
export function stepOf(dir: string): number {
  return Number(/(?<!\d)(\d+)(\.old)?$/.exec(dir)?.[1]);
}

/** Points `latest` to the checkpoint `name` in the same folder. */
export async function writeLatest(checkpointsDir: string, name: string): Promise<void> {
  await replaceFile(join(checkpointsDir, POINTER), name + "\n");
}

/** Makes `latest` name no checkpoint. */
export async function removeLatest(checkpointsDir: string): Promise<void> {
  const path = join(checkpointsDir, POINTER);
  if (!await exists(path)) return;
  await Deno.remove(path);
  await syncFolder(checkpointsDir);
}

/**
 * The checkpoint to resume from: the one `latest` names or, where that is gone, the one of the highest
 * step. Undefined when there is none. It is complete but not yet verified.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { latestCheckpoint } from "./latest.ts";
 * assertEquals(await latestCheckpoint(await Deno.makeTempDir()), undefined);
 * ```
 */
export async function latestCheckpoint(checkpointsDir: string): Promise<string | undefined> {
  const pointed = await readPointer(checkpointsDir);
  if (pointed !== undefined && await isCheckpoint(checkpointsDir, pointed)) {
    return join(checkpointsDir, pointed);
  }
  const name = (await listCheckpoints(checkpointsDir)).at(-1);
  return name === undefined ? undefined : join(checkpointsDir, name);
}

/** Names of the complete checkpoints, lowest step first. */
export async function listCheckpoints(checkpointsDir: string): Promise<string[]> {
  if (!await exists(checkpointsDir)) return [];
  const found: { name: string; step: number; old: number }[] = [];
  for await (const { name } of Deno.readDir(checkpointsDir)) {
    const match = STEP_FOLDER.exec(name);
    if (!match || !await isCheckpoint(checkpointsDir, name)) continue;
    found.push({ name, step: Number(match[1]), old: match[2] ? 1 : 0 });
  }
  return found.sort((a, b) => a.step - b.step || b.old - a.old).map(({ name }) => name);
}

async function isCheckpoint(checkpointsDir: string, name: string): Promise<boolean> {
  return await exists(join(checkpointsDir, name, "state.json"));
}

/** The name in `latest`, or in another such file; undefined when there is none or it holds no name. */
export async function readPointer(
  checkpointsDir: string,
  pointer = POINTER,
): Promise<string | undefined> {
  const path = join(checkpointsDir, pointer);
  if (!await exists(path)) return undefined;
  const name = (await readBounded(path, { maxBytes: 4096 })).trim();
  return name !== "" && name !== ".." && basename(name) === name ? name : undefined;
}

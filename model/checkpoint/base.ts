/**
 * The base of an adapter: held where rotation would remove it, and known again by its digest.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { exists, replaceFile } from "../durable.ts";
import { ADAPTER_WEIGHTS } from "./adapter.ts";
import { readState } from "./load.ts";
import { readJson } from "./small_files.ts";

/** File in a checkpoint's folder: the runs whose adapters need it. */
const HELD = "held.json";
const holders = z.array(z.string());

async function readHolders(dir: string): Promise<string[]> {
  const path = join(dir, HELD);
  const parsed = holders.safeParse(await readJson(path) ?? []);
  if (parsed.success) return parsed.data;
  throw new SyntaxError(`Cannot read ${path}: it must be a list of folders`);
}

/** Keeps rotation from removing the checkpoint in `dir` while the folder `holder` is there. */
export async function holdCheckpoint(dir: string, holder: string): Promise<void> {
  const known = await readHolders(dir);
  if (known.includes(holder)) return;
  await replaceFile(join(dir, HELD), JSON.stringify([...known, holder]) + "\n");
}

/** Whether a folder that the checkpoint is held for is still there. */
export async function isHeld(dir: string): Promise<boolean> {
  for (const holder of await readHolders(dir)) if (await exists(holder)) return true;
  return false;
}

/** Digest of a checkpoint's weights, which an adapter records; other folders have none. */
export async function weightsDigest(dir: string): Promise<string | undefined> {
  if (!await exists(join(dir, "state.json"))) return undefined;
  const { files } = await readState(dir);
  return (files["model.safetensors"] ?? files[ADAPTER_WEIGHTS])?.sha256;
}

const recorded = z.object({ baseWeights: z.string() });

/**
 * Checks that the weights in `base` are those that the adapter in `dir` was trained on, as far as both
 * say what theirs are.
 *
 * @throws {SyntaxError} when they are others
 */
export async function checkBase(dir: string, base: string): Promise<void> {
  if (!await exists(join(dir, "state.json"))) return;
  const { data } = recorded.safeParse((await readState(dir)).run);
  const now = await weightsDigest(base);
  if (data === undefined || now === undefined || data.baseWeights === now) return;
  throw new SyntaxError(
    `Cannot load the adapter ${dir}: the weights in ${base} are not those that it was trained on; ` +
      "use it with its own base, or tune again",
  );
}

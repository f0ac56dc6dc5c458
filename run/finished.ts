/**
 * Checks whether a run is finished.
 *
 * @module
 */
import { join } from "node:path";
import { latestCheckpoint, readCheckpointInfo, stepOf } from "../model/checkpoint/mod.ts";
import { exists } from "../model/durable.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { endedEarly } from "./patience.ts";
import { ONNX_FILE, type RunPaths, type RunSettings } from "./folder.ts";

/**
 * Whether the run is finished: trained, exported and reported. The manifest is written last; a damaged
 * one is written again.
 */
export async function isFinished(paths: RunPaths, settings: RunSettings): Promise<boolean> {
  const newest = await latestCheckpoint(paths.checkpoints);
  const manifest = newest === undefined ? undefined : await readWhole(paths);
  if (newest === undefined || manifest?.weights?.step !== stepOf(newest)) return false;
  if (!await isTrained(newest, settings)) return false;
  return await exists(paths.report) && await exists(join(paths.export, ONNX_FILE));
}

async function readWhole(paths: RunPaths): Promise<Manifest | undefined> {
  try {
    return await readManifest(paths);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether a checkpoint is the end of its run. */
async function isTrained(checkpoint: string, settings: RunSettings): Promise<boolean> {
  const { step, cursors } = await readCheckpointInfo(checkpoint);
  if (endedEarly(cursors, settings)) return true;
  if (settings.steps > 0) return step >= settings.steps;
  // Written by the train stage.
  return (cursors.train as { readonly seconds: number }).seconds >= settings.seconds;
}

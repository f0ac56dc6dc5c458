/**
 * Digests of a run's settings, one each, so that a setting that was changed by hand is named.
 *
 * @module
 */
import { latestCheckpoint, readCheckpointInfo } from "../model/checkpoint/mod.ts";
import { digestJson } from "../stages/checked_json.ts";

/** A digest of each setting by its name. */
export function digestSettings(settings: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, digestJson(value).slice(0, 16)]),
  );
}

/** Names of the settings that do not have the digest that is recorded, missing ones included. */
export function changedSettings(
  settings: object,
  digests: Readonly<Record<string, string>>,
): string[] {
  const found = digestSettings(settings);
  const names = new Set([...Object.keys(digests), ...Object.keys(found)]);
  return [...names].filter((name) => found[name] !== digests[name]);
}

/** What each changed setting is, and was where a checkpoint tells. */
export async function describeChanged(
  paths: { readonly checkpoints: string },
  { settings, changed }: { readonly settings: object; readonly changed: readonly string[] },
): Promise<string> {
  const before = await recordedSettings(paths);
  const now = new Map<string, unknown>(Object.entries(settings));
  return changed.map((name) => {
    if (name === "run.json") return "what it says beside the settings";
    const was = JSON.stringify(before.get(name));
    return `${name} is ${JSON.stringify(now.get(name)) ?? "missing"}` +
      (was === undefined ? "" : ` (the newest checkpoint was trained with ${was})`);
  }).join(", ");
}

/** By name, the settings that the newest checkpoint was trained with; none without a whole one. */
export async function recordedSettings(
  { checkpoints }: { readonly checkpoints: string },
): Promise<ReadonlyMap<string, unknown>> {
  const newest = await latestCheckpoint(checkpoints);
  if (newest === undefined) return new Map();
  try {
    const { run } = await readCheckpointInfo(newest);
    // Written by provenanceOf; state.json has a digest.
    return new Map(Object.entries((run as { settings?: object } | undefined)?.settings ?? {}));
  } catch (error) {
    // A damaged checkpoint is named by those who go on from it.
    if (error instanceof SyntaxError) return new Map();
    throw error;
  }
}

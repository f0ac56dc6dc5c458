/**
 * Digests of a run's settings, one each, so that a setting that was changed by hand is named.
 *
 * @module
 */
import { latestCheckpoint, readCheckpointInfo } from "../../model/checkpoint/mod.ts";
import { digestJson } from "../../stages/checked_json.ts";

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
  return changed.flatMap((name) => {
    if (name === "run.json") return ["what it says beside the settings"];
    if (!before.has(name)) return [`${name} is ${text(now.get(name))}`];
    const parts = differences(name, { now: now.get(name), was: before.get(name) });
    return parts.length > 0 ? parts : [`${name} is ${text(now.get(name))}, as it was`];
  }).join(", ");
}

/** The parts of a setting that are not what they were. */
function differences(name: string, { now, was }: { now: unknown; was: unknown }): string[] {
  if (JSON.stringify(now) === JSON.stringify(was)) return [];
  if (!isObject(now) || !isObject(was)) {
    return [`${name} is ${text(now)} (the newest checkpoint was trained with ${text(was)})`];
  }
  const [present, past] = [new Map(Object.entries(now)), new Map(Object.entries(was))];
  return [...new Set([...present.keys(), ...past.keys()])].flatMap((key) =>
    differences(`${name}.${key}`, { now: present.get(key), was: past.get(key) })
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function text(value: unknown): string {
  return JSON.stringify(value) ?? "missing";
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

/**
 * Takes over settings that were changed by hand in run.json, when `--force` says so.
 *
 * @module
 */
import { UsageError } from "../../cli/flags.ts";
import { readRunFile, readSettings, type RunPaths, type RunSettings } from "../folder.ts";
import { changeable, checkSetting } from "./pipeline.ts";
import { changedSettings, describeChanged, recordedSettings } from "./digest.ts";

/** The settings that a run goes on with. */
export interface ExistingSettings {
  readonly settings: RunSettings;
  /** As run.json has them; other than `settings` where a change by hand has yet to be noted there. */
  readonly file: RunSettings;
}

/**
 * The settings of a run that is to go on; undefined for a new one. With `force`, a setting that was
 * changed by hand is noted in `forced` like one that the command line changes.
 *
 * @throws {UsageError} naming what was changed, without `force` or where nothing may change it
 */
export async function readExisting(
  paths: RunPaths,
  { force, step, sealed }: { force: boolean; step: number; sealed: boolean },
): Promise<ExistingSettings | undefined> {
  if (!force) {
    const settings = await readSettings(paths);
    return settings && { settings, file: settings };
  }
  const run = await readRunFile(paths);
  if (!run) return undefined;
  const { settings, changed } = run;
  if (changed.length === 0) return { settings, file: settings };
  const fixed = changed.filter((name) => {
    const when = name === "run.json" ? "always" : changeable(name);
    return when === "never" || (when === "corpus" && sealed);
  });
  if (fixed.length > 0) {
    throw new UsageError(
      `Cannot use the run ${paths.root}: its run.json was changed by hand or is damaged: ` +
        `${await describeChanged(paths, { settings, changed: fixed })}; that cannot change any ` +
        "more, also with --force: put back what was there, or choose another folder",
    );
  }
  const before = await recordedSettings(paths);
  const now = new Map<string, unknown>(Object.entries(settings));
  for (const name of changed) {
    try {
      checkSetting(name, now.get(name));
    } catch (cause) {
      if (!(cause instanceof Error)) throw cause;
      const what = `${name} is ${JSON.stringify(now.get(name))} in its run.json`;
      throw new UsageError(`Cannot use the run ${paths.root}: ${what}: ${cause.message}`, {
        cause,
      });
    }
  }
  const forced = changed.filter((name) => name !== "run.json").map((name) => ({
    step,
    name,
    before: before.get(name) ?? "unknown",
    now: now.get(name),
  }));
  return { settings: { ...settings, forced: [...settings.forced, ...forced] }, file: settings };
}

/**
 * The settings that the program wrote, where the newest checkpoint tells what was changed since and
 * the digests in run.json agree with it; undefined where they cannot be known, or nothing changed.
 */
export async function restoredSettings(paths: RunPaths): Promise<RunSettings | undefined> {
  const run = await readRunFile(paths).catch((error: unknown) => {
    if (error instanceof UsageError) return undefined;
    throw error;
  });
  if (!run || run.changed.length === 0) return undefined;
  const before = Object.fromEntries(await recordedSettings(paths));
  const settings = { ...run.settings };
  for (const name of run.changed) {
    if (name === "run.json") continue;
    if (!(name in before)) return undefined;
    Object.assign(settings, { [name]: before[name] });
  }
  return changedSettings(settings, run.digests).length === 0 ? settings : undefined;
}

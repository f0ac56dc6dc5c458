/**
 * A run is a folder: everything a command needs to go on where the last one stopped.
 *
 * @module
 */
import { type PresetName, PRESETS } from "../model/config.ts";
import type { ScheduleName } from "../stages/train/mod.ts";
import { UsageError } from "./flags.ts";

/** Settings that decide the result of a run; kept in run.json. */
export interface RunSettings {
  /** URLs, files and folders; empty for the built-in sample site. */
  readonly sources: readonly string[];
  readonly preset: PresetName;
  readonly seed: number;
  /** Optimizer steps; 0 when the run is planned by `seconds`. */
  readonly steps: number;
  readonly seconds: number;
  readonly vocab: number;
  readonly maxPages: number;
  readonly leaves: number;
  readonly gradAccumulation: number;
  readonly learningRate: number;
  readonly schedule: ScheduleName;
  readonly weightDecay: number;
  readonly clip: number;
  /** Hugging Face folder of the first weights and the tokenizer; empty for seeded ones. */
  readonly init: string;
  /** Port of the sample site, so that its addresses stay the same; 0 without it. */
  readonly sitePort: number;
}

/** Version of the run.json format. */
const FORMAT = 1;

/** Paths inside a run folder. */
export interface RunPaths {
  readonly root: string;
  readonly settings: string;
  readonly frontier: string;
  readonly seenTexts: string;
  readonly storedIds: string;
  readonly corpus: string;
  readonly tokenizer: string;
  readonly tokens: string;
  readonly checkpoints: string;
  readonly export: string;
  readonly drops: string;
}

/** Where things are in the run folder `root`. */
export function runPaths(root: string): RunPaths {
  return {
    root,
    settings: `${root}/run.json`,
    frontier: `${root}/frontier.sqlite`,
    seenTexts: `${root}/seen.sqlite`,
    storedIds: `${root}/stored.sqlite`,
    corpus: `${root}/corpus`,
    tokenizer: `${root}/tokenizer.json`,
    tokens: `${root}/tokens`,
    checkpoints: `${root}/checkpoints`,
    export: `${root}/export`,
    drops: `${root}/dropped.jsonl`,
  };
}

/** The settings of an existing run, or undefined when the folder holds none. */
export async function readSettings(paths: RunPaths): Promise<RunSettings | undefined> {
  let json: string;
  try {
    json = await Deno.readTextFile(paths.settings);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw cause;
  }
  const { format, settings }: { format: number; settings: RunSettings } = JSON.parse(json);
  if (format !== FORMAT) {
    throw new UsageError(
      `Cannot continue ${paths.root}: its run.json has format ${format} and this program reads ${FORMAT}`,
    );
  }
  if (!(settings.preset in PRESETS)) {
    throw new UsageError(`Cannot continue ${paths.root}: there is no preset ${settings.preset}`);
  }
  return settings;
}

/**
 * Opens a run: makes the folder, or goes on with what it holds. What was not `given` on the
 * command line comes from the earlier run.
 *
 * @throws {UsageError} when a given setting would change the result of the run in the folder
 */
export async function openRun(
  paths: RunPaths,
  { wanted, given }: { wanted: RunSettings; given: ReadonlySet<keyof RunSettings> },
): Promise<RunSettings> {
  const existing = await readSettings(paths);
  if (existing) {
    for (const name of given) {
      const [before, now] = [JSON.stringify(existing[name]), JSON.stringify(wanted[name])];
      if (before === now) continue;
      throw new UsageError(
        `Cannot continue ${paths.root} with ${name} ${now}: it was started with ${before}; ` +
          `leave it out to go on, or choose another --run folder`,
      );
    }
    return existing;
  }
  await Deno.mkdir(paths.root, { recursive: true });
  const temporary = `${paths.settings}.tmp`;
  await Deno.writeTextFile(
    temporary,
    JSON.stringify({ format: FORMAT, settings: wanted, versions: Deno.version }, null, 2) + "\n",
  );
  await Deno.rename(temporary, paths.settings);
  return wanted;
}

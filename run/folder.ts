/**
 * A run is a folder: everything a command needs to go on where the last one stopped.
 *
 * @module
 */
import { PRESETS } from "../model/config.ts";
import { parseChecked, writeChecked } from "../stages/checked_json.ts";
import { exists, readIfThere } from "../model/durable.ts";
import { reasonOf } from "../cli/failure.ts";
import { UsageError } from "../cli/flags.ts";
import { changedSettings, describeChanged, digestSettings } from "./settings/digest.ts";
import type { RunSettings } from "./settings/pipeline.ts";

export type { ForcedChange, RunSettings } from "./settings/pipeline.ts";

/** Version of the run.json format. */
const FORMAT = 6;

/** Path of the ONNX file in an export folder. */
export const ONNX_FILE = "onnx/model.onnx";

/** Paths inside a run folder. */
export interface RunPaths {
  readonly root: string;
  readonly settings: string;
  readonly frontier: string;
  readonly seenTexts: string;
  readonly nearTexts: string;
  readonly siteLines: string;
  /** Documents that wait for the others of their site. */
  readonly heldPages: string;
  readonly storedIds: string;
  readonly corpus: string;
  readonly tokenizer: string;
  readonly tokens: string;
  readonly checkpoints: string;
  readonly export: string;
  readonly drops: string;
  readonly tensorboard: string;
  readonly report: string;
  readonly validation: string;
}

/** Where things are in the run folder `root`. */
export function runPaths(root: string): RunPaths {
  return {
    root,
    settings: `${root}/run.json`,
    frontier: `${root}/frontier.sqlite`,
    seenTexts: `${root}/seen.sqlite`,
    nearTexts: `${root}/near.sqlite`,
    siteLines: `${root}/lines.sqlite`,
    heldPages: `${root}/held.sqlite`,
    storedIds: `${root}/stored.sqlite`,
    corpus: `${root}/corpus`,
    tokenizer: `${root}/tokenizer.json`,
    tokens: `${root}/tokens`,
    checkpoints: `${root}/checkpoints`,
    export: `${root}/export`,
    drops: `${root}/dropped.jsonl`,
    tensorboard: `${root}/tensorboard`,
    report: `${root}/report.html`,
    validation: `${root}/validation.json`,
  };
}

/** What run.json says. */
export interface RunFile {
  readonly settings: RunSettings;
  /** Names of settings that are not those the program wrote; `run.json` for what is beside them. */
  readonly changed: readonly string[];
  /** What was written of each setting, by its name. */
  readonly digests: Readonly<Record<string, string>>;
}

/**
 * The run.json of an existing run, changed by hand or not; undefined when the folder holds none.
 *
 * @throws {UsageError} when it is of another format, or too damaged to tell settings
 */
export async function readRunFile(paths: RunPaths): Promise<RunFile | undefined> {
  let json: string | undefined;
  try {
    json = await readIfThere(paths.settings);
  } catch (cause) {
    const isFile = cause instanceof Deno.errors.NotADirectory && await exists(paths.root);
    const reason = isFile ? "it is a file; name a folder" : reasonOf(cause);
    throw new UsageError(`Cannot use --run ${paths.root}: ${reason}`, { cause });
  }
  if (json === undefined) return undefined;
  const { format, settings, digests } = parseRun(json, paths);
  if (format !== FORMAT) {
    throw new UsageError(
      `Cannot use the run ${paths.root}: its run.json has format ${format} and this program reads ` +
        `${FORMAT}; begin it anew in another folder, or use the program that made it`,
    );
  }
  const changed = changedSettings(settings, digests);
  if (changed.length === 0 && parseChecked(json) === undefined) changed.push("run.json");
  if (!(settings.preset in PRESETS) && !changed.includes("preset")) {
    throw new UsageError(
      `Cannot use the run ${paths.root}: there is no preset ${settings.preset}`,
    );
  }
  return { settings, changed, digests };
}

/**
 * The settings of an existing run, or undefined when the folder holds none.
 *
 * @throws {UsageError} also when they are not those that the program wrote
 */
export async function readSettings(paths: RunPaths): Promise<RunSettings | undefined> {
  const run = await readRunFile(paths);
  if (run && run.changed.length > 0) {
    throw new UsageError(
      `Cannot use the run ${paths.root}: its run.json was changed by hand or is damaged: ` +
        `${await describeChanged(paths, run)}; put back what was there, or go on with ` +
        `\`deno task pipeline --run ${paths.root} --force\`, which notes the change`,
    );
  }
  return run?.settings;
}

interface ParsedRun {
  readonly format: number;
  readonly settings: RunSettings;
  readonly digests: Readonly<Record<string, string>>;
}

function parseRun(json: string, { root }: RunPaths): ParsedRun {
  try {
    const run: unknown = JSON.parse(json);
    if (typeof run === "object" && run !== null && "settings" in run && "format" in run) {
      // Written whole by writeSettings, which the digests vouch for.
      return { digests: {}, ...run } as ParsedRun;
    }
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new UsageError(
    `Cannot use the run ${root}: its run.json is damaged; \`deno task repair ${root}\` says what ` +
      "can be saved",
  );
}

/** Keeps the settings of a run, with a digest of each, so that a changed one can be named. */
export async function writeSettings(paths: RunPaths, settings: RunSettings): Promise<void> {
  const digests = digestSettings(settings);
  const run = { format: FORMAT, settings, digests, versions: Deno.version };
  await writeChecked(paths.settings, run, { indent: 2 });
}

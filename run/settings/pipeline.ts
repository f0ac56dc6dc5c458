/**
 * Every flag of `pipeline`, and the settings of a run that they make.
 *
 * @module
 */
import { type Flags, type Parsed, parseFlags, UsageError } from "../../cli/flags.ts";
import { absolute } from "../sources.ts";
import { CLUSTER } from "./cluster.ts";
import { LINKS, MANNERS, RENDERING } from "./crawl.ts";
import { DIAL } from "./dial.ts";
import { MODEL } from "./model.ts";
import { KEEP_DROPPED, READING, REFINING, SITE } from "./refine.ts";
import { REPLICAS } from "./replicas.ts";
import { RECIPE } from "./recipe.ts";
import { OUTPUT, RUN } from "./run.ts";
import { type Change, settingsFrom, settingsIn, type SettingsOf } from "./table.ts";
import { ACCUMULATION, CHECKPOINTS, LEAVES, OPTIMIZER, SPHERES, TRAINING } from "./training.ts";

/** Every flag of `pipeline`. */
export const PIPELINE_FLAGS = {
  ...RUN,
  ...CLUSTER,
  ...LINKS,
  ...MANNERS,
  ...READING,
  ...RENDERING,
  ...REFINING,
  ...SITE,
  ...KEEP_DROPPED,
  ...MODEL,
  ...RECIPE,
  ...DIAL,
  ...TRAINING,
  ...OPTIMIZER,
  ...REPLICAS,
  ...LEAVES,
  ...ACCUMULATION,
  ...SPHERES,
  ...CHECKPOINTS,
  ...OUTPUT,
};

/** A setting that was changed with `--force`. */
export interface ForcedChange {
  /** Last step with the old value. */
  readonly step: number;
  readonly name: string;
  readonly before: unknown;
  readonly now: unknown;
}

/** Settings that decide the result of a run, kept in run.json: those of flags, and these. */
export interface RunSettings extends SettingsOf<typeof PIPELINE_FLAGS> {
  /** URLs, files and folders; empty for the built-in sample site. */
  readonly sources: readonly string[];
  /** Settings changed after the run had begun, in their order. */
  readonly forced: readonly ForcedChange[];
  /** Port of the sample site, so that its addresses stay the same; 0 without it. */
  readonly sitePort: number;
}

/** The order in which run.json has had settings, and with it the digest of a manifest. */
const ORDER: readonly (keyof RunSettings)[] = [
  ...["sources", "preset", "seed", "steps", "seconds", "vocab", "context"] as const,
  ...["validateEvery", "patience", "holdOut", "order", "warmUpCorpus", "maxPages"] as const,
  ...["include", "exclude", "delayMs", "allFiles", "minChars", "textField", "extract"] as const,
  ...["filters", "limits", "languages", "minLanguageScore", "maskPersonalData"] as const,
  ...["nearDuplicates", "repeatedLines", "dedupAgainst", "leaves", "gradAccumulation"] as const,
  ...["optimizer", "learningRate", "warmup", "decay", "schedule", "weightDecay", "clip"] as const,
  ...["guard", "init", "userAgent", "allowPrivate", "strictSimd", "forced", "sitePort"] as const,
];

/** The settings that a command line asks for, and which of them it names by which flag. */
export function settingsOf(
  { values, given, operands }: Parsed<typeof PIPELINE_FLAGS>,
): { wanted: RunSettings; named: ReadonlyMap<string, string> } {
  const own = { sources: absolute(operands), forced: [], sitePort: 0 };
  const wanted = { ...settingsFrom(PIPELINE_FLAGS, values), ...own };
  const ordered = Object.entries(wanted).sort(([a], [b]) => placeOf(a) - placeOf(b));
  const stored = new Map(settingsIn(PIPELINE_FLAGS));
  const named = new Map<string, string>();
  for (const [flag, { key, also }] of stored) {
    if (!given.has(flag)) continue;
    named.set(key, `--${flag}`);
    const other = stored.get(also ?? "");
    if (other) named.set(other.key, `--${also}`);
  }
  if (operands.length > 0) named.set("sources", "sources");
  // The same settings in another order.
  return { wanted: Object.fromEntries(ordered) as typeof wanted, named };
}

function placeOf(setting: string): number {
  const place = ORDER.findIndex((name) => name === setting);
  return place < 0 ? ORDER.length : place;
}

/** The values that flags have in a run with these settings; those of a command line where none is. */
export function valuesIn(settings: RunSettings, values: object): object {
  const all = new Map<string, unknown>(Object.entries(settings));
  const stored = settingsIn(PIPELINE_FLAGS).map(([flag, { key }]) => [flag, all.get(key)]);
  return { ...values, ...Object.fromEntries(stored) };
}

const BY_NAME = new Map(
  settingsIn(PIPELINE_FLAGS).map(([flag, stored]) => [stored.key, { flag, ...stored }]),
);

/** When the setting `name` can be changed with `--force`; never what is no setting of the user. */
export function changeable(name: string): Change {
  return name === "sources" ? "corpus" : BY_NAME.get(name)?.change ?? "never";
}

/** What the command line calls the setting `name`. */
export function calledOnCommandLine(name: string): string {
  const flag = BY_NAME.get(name)?.flag;
  return flag === undefined ? name : `--${flag}`;
}

/**
 * Checks a setting that the program did not write itself: its flag must come to that value, left out
 * or given some text.
 *
 * @throws {Error} saying what is wrong
 */
export function checkSetting(name: string, value: unknown): void {
  const stored = BY_NAME.get(name);
  if (!stored) return;
  const { [stored.flag]: flag }: Flags = PIPELINE_FLAGS;
  const { values } = parseFlags([], { flags: PIPELINE_FLAGS });
  const comesTo = (setting: unknown) => JSON.stringify(setting) === JSON.stringify(value);
  if (!flag || comesTo(stored.from(flag.defaultValue, values))) return;
  const text = Array.isArray(value) && !flag.many ? value.join(",") : String(value);
  const isKnown = stored.parse
    ? comesTo(stored.parse(value))
    : flag.value === undefined
    ? typeof value === "boolean"
    : flag.many
    ? Array.isArray(value) && value.every((item) => typeof item === "string")
    : comesTo(stored.from(flag.read(text, stored.flag), values));
  if (!isKnown) throw new UsageError(`Cannot use --${stored.flag} ${text}: it has no such value`);
}

/**
 * What a run that has begun may still be told otherwise.
 *
 * @module
 */
import { UsageError } from "../../cli/flags.ts";
import type { RunSettings } from "../folder.ts";

/**
 * Whether a setting can be changed with `--force`: never, since what is on the disk was made with
 * it; while documents are still taken in; or at any time, from the next step on.
 */
const CHANGEABLE: Readonly<
  Record<Exclude<keyof RunSettings, "forced" | "sitePort">, "never" | "corpus" | "always">
> = {
  sources: "corpus",
  preset: "never",
  seed: "never",
  steps: "always",
  seconds: "always",
  vocab: "never",
  context: "never",
  validateEvery: "always",
  patience: "always",
  holdOut: "never",
  order: "never",
  warmUpCorpus: "never",
  maxPages: "corpus",
  include: "corpus",
  exclude: "corpus",
  delayMs: "corpus",
  allFiles: "corpus",
  minChars: "corpus",
  textField: "corpus",
  extract: "corpus",
  filters: "corpus",
  limits: "corpus",
  languages: "corpus",
  minLanguageScore: "corpus",
  maskPersonalData: "corpus",
  nearDuplicates: "corpus",
  dedupAgainst: "corpus",
  repeatedLines: "corpus",
  userAgent: "corpus",
  allowPrivate: "corpus",
  leaves: "always",
  gradAccumulation: "never",
  optimizer: "always",
  learningRate: "always",
  schedule: "always",
  warmup: "always",
  decay: "always",
  weightDecay: "always",
  clip: "always",
  guard: "always",
  strictSimd: "always",
  init: "never",
};

/** The name of a setting that the command line can give. */
export type GivenSetting = keyof typeof CHANGEABLE;

/** When the setting `name` can be changed with `--force`; never what is no setting of the user. */
export function changeable(name: string): "never" | "corpus" | "always" {
  return new Map(Object.entries(CHANGEABLE)).get(name) ?? "never";
}

/** What {@linkcode settle} decides by. */
export interface SettleOptions {
  readonly wanted: RunSettings;
  /** Settings that the command line names, with what it calls them. */
  readonly given: ReadonlyMap<GivenSetting, string>;
  /** Run folder, for messages. */
  readonly root: string;
  /** Whether changes that alter the result are wanted. */
  readonly force: boolean;
  /** Step of the newest checkpoint. */
  readonly step: number;
  /** Whether all documents are in. */
  readonly sealed: boolean;
  /** Whether no document is in yet, so that nothing was made with what says which come in. */
  readonly empty: boolean;
}

/**
 * The settings a run has: those `wanted` when it is new, and otherwise those it began with. What the
 * command line names differently would alter the result: it is refused by name or, with `force`,
 * taken over and noted in `forced`, so that the run does not pass for one that had it all along.
 * What decides about documents is taken over as it is while there are none.
 *
 * @throws {UsageError} naming each setting, what it was and what it would be
 */
export function settle(existing: RunSettings | undefined, options: SettleOptions): RunSettings {
  const { wanted, given, root, force, step, sealed, empty } = options;
  if (existing === undefined) return wanted;
  const different = [...given].filter(([name]) => text(existing[name]) !== text(wanted[name]));
  const isFree = ([name]: [GivenSetting, string]) => empty && CHANGEABLE[name] === "corpus";
  const begun = { ...existing, ...valuesOf(wanted, different.filter(isFree)) };
  const changed = different.filter((setting) => !isFree(setting));
  if (changed.length === 0) return different.length === 0 ? existing : begun;
  const refuse = (names: typeof changed, how: string): never => {
    const list = names.map(([name, flag]) =>
      `${flag} ${text(wanted[name])} (began with ${text(existing[name])})`
    );
    throw new UsageError(`Cannot continue --run ${root} with ${list.join(", ")}: ${how}`);
  };
  const fixed = changed.filter(([name]) => CHANGEABLE[name] === "never");
  if (fixed.length > 0) refuse(fixed, "that cannot change any more; choose another folder");
  const late = changed.filter(([name]) => CHANGEABLE[name] === "corpus" && sealed);
  if (late.length > 0) refuse(late, "its corpus is complete; choose another folder");
  if (!force) {
    refuse(
      changed,
      `that alters the result; leave it out to go on, add --force to change it from step ` +
        `${step + 1} on, or choose another folder`,
    );
  }
  return {
    ...begun,
    ...valuesOf(wanted, changed),
    forced: [
      ...existing.forced,
      ...changed.map(([name]) => ({ step, name, before: existing[name], now: wanted[name] })),
    ],
  };
}

function valuesOf(
  wanted: RunSettings,
  names: readonly (readonly [GivenSetting, string])[],
): Partial<RunSettings> {
  return Object.fromEntries(names.map(([name]) => [name, wanted[name]]));
}

/** A line for each change that was not there before, for the user to see. */
export function describeForced(
  { forced }: Pick<RunSettings, "forced">,
  existing: Pick<RunSettings, "forced"> | undefined,
): string[] {
  return forced.slice(existing?.forced.length ?? 0).map(({ step, name, before, now }) =>
    `From step ${step + 1} on, ${name} is ${text(now)} instead of ${text(before)}, as --force says.`
  );
}

function text(value: unknown): string {
  return JSON.stringify(value);
}

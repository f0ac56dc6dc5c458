/**
 * `inspect`: what a run folder holds.
 *
 * @module
 */
import { join } from "node:path";
import {
  bestCheckpoint,
  latestCheckpoint,
  listCheckpoints,
  readCheckpointInfo,
} from "../model/checkpoint/mod.ts";
import type { ModelConfig } from "../model/config.ts";
import { createLayout } from "../model/layout.ts";
import { exists, readIfThere } from "../model/durable.ts";
import { type JournalSurvey, readSeal, surveyJournal } from "../stages/journal/mod.ts";
import { readIndex } from "../stages/store/index_file.ts";
import { type Command, command } from "../cli/command.ts";
import { jsonToggle } from "../cli/flags.ts";
import { sizeOf } from "../run/folder_size.ts";
import { fallBacksOf } from "../run/fall_back.ts";
import { isPreferred } from "../run/preferred_checkpoint.ts";
import { manifestPath } from "../run/manifest.ts";
import { requireSettings, RUN_FLAG, runOperand } from "../run/open.ts";
import { type RunPaths, runPaths, type RunSettings } from "../run/folder.ts";
import { say } from "../cli/print.ts";

const FLAGS = { ...RUN_FLAG, json: jsonToggle() };

/** The `inspect` command. */
export const inspect: Command = command({
  name: "inspect",
  summary: "Shows what a run folder holds, also while the run is in progress. Changes nothing.",
  operands: "[RUN]",
  flags: FLAGS,
  examples: [
    "deno task inspect",
    "deno task inspect runs/mine --json",
  ],
  async run({ values, operands }) {
    const root = runOperand(operands, { command: "inspect", run: values.run });
    const paths = runPaths(root);
    if (!await exists(paths.settings) && (await listCheckpoints(paths.checkpoints)).length > 0) {
      const tuned = await lookAtTuned(paths);
      say(values.json ? JSON.stringify(tuned) : describeTuned(tuned).join("\n"));
      return 0;
    }
    const settings = await requireSettings(root);
    const found = await look(paths, settings);
    say(values.json ? JSON.stringify(found) : describe(found).join("\n"));
    return 0;
  },
});

/** One checkpoint of a run. */
interface CheckpointRow {
  readonly name: string;
  readonly step: number;
  readonly tokens: number;
  readonly validationLoss: number | null;
  readonly bytes: number;
  /** `latest`, `best`, that it is used nevertheless, or what is wrong with it. */
  readonly marks: readonly string[];
}

interface RunContents {
  readonly run: string;
  readonly settings: RunSettings;
  /** Bytes on the disk by part. */
  readonly bytes: Readonly<Record<string, number>>;
  /** Null while documents may still come. */
  readonly documents: number | null;
  /** What the corpus holds now. */
  readonly corpus: JournalSurvey;
  /** Tokens of both splits; null while there is no tokenizer. */
  readonly tokens: Readonly<Record<"train" | "validation", number>> | null;
  readonly vocab: number | null;
  readonly parameters: number | null;
  readonly checkpoints: readonly CheckpointRow[];
  /** Digest of the recorded manifest; null before the run has ended. */
  readonly manifest: string | null;
}

async function look(paths: RunPaths, settings: RunSettings): Promise<RunContents> {
  const parts = ["corpus", "tokens", "checkpoints", "export"] as const;
  const bytes: Record<string, number> = {};
  for (const part of parts) bytes[part] = await sizeOf(paths[part]);
  const sealed = await readSeal(paths.corpus);
  const index = await readIndex(paths.tokens);
  const newest = await latestCheckpoint(paths.checkpoints);
  const manifest = await readIfThere(manifestPath(paths));
  const config = newest === undefined ? undefined : await readWholeConfig(newest);
  const count = (split: "train" | "validation") =>
    index?.splits[split].reduce((sum, { tokens }) => sum + tokens, 0) ?? 0;
  return {
    run: paths.root,
    settings,
    bytes,
    documents: sealed ?? null,
    corpus: await surveyJournal(paths.corpus),
    tokens: index ? { train: count("train"), validation: count("validation") } : null,
    vocab: index?.vocabSize ?? null,
    parameters: config ? createLayout(config).count : null,
    checkpoints: await rows(paths, { newest }),
    manifest: manifest === undefined ? null : JSON.parse(manifest).sha256,
  };
}

interface TunedContents extends Pick<RunContents, "run" | "parameters" | "checkpoints"> {
  /** What it was tuned with; null where its newest checkpoint is damaged. */
  readonly tuned: Readonly<Record<string, unknown>> | null;
}

/** A run of `tune`, whose settings are in its checkpoints. */
async function lookAtTuned(paths: RunPaths): Promise<TunedContents> {
  const newest = await latestCheckpoint(paths.checkpoints);
  const config = newest === undefined ? undefined : await readWholeConfig(newest);
  const info = newest !== undefined && config ? await readCheckpointInfo(newest) : undefined;
  return {
    run: paths.root,
    // Written by this program, as part of a checkpoint.
    tuned: info ? info.run as TunedContents["tuned"] : null,
    parameters: config ? createLayout(config).count : null,
    checkpoints: await rows(paths, { newest }),
  };
}

function describeTuned({ run, tuned, parameters, checkpoints }: TunedContents): string[] {
  const lora = tuned?.lora as { rank: number } | undefined;
  const how = lora ? `an adapter of rank ${lora.rank}` : "all weights";
  return [
    `Run          ${run}`,
    ...(tuned ? [`Tuned        from ${tuned.init}, ${how}, ${tuned.steps} steps`] : []),
    ...(parameters === null ? [] : [`Model        ${parameters.toLocaleString("en")} parameters`]),
    "Checkpoints",
    ...describeRows(checkpoints),
    `Next         deno task chat ${run}`,
  ];
}

/** The configuration of a checkpoint; undefined where that is damaged, as its row will say. */
async function readWholeConfig(dir: string): Promise<ModelConfig | undefined> {
  try {
    return (await readCheckpointInfo(dir)).config;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function rows(
  { checkpoints }: RunPaths,
  { newest }: { newest: string | undefined },
): Promise<CheckpointRow[]> {
  const names = await listCheckpoints(checkpoints);
  const best = await bestCheckpoint(checkpoints, { names });
  const used = newest !== undefined && await isPreferred(newest) ? newest : undefined;
  const found: CheckpointRow[] = [];
  for (const name of names) {
    const dir = join(checkpoints, name);
    const marks = [
      ...dir === newest ? ["latest"] : [],
      ...name === best ? ["best"] : [],
      ...dir === used ? ["used: it answers more than the best"] : [],
    ];
    try {
      const { step, totalTokens: tokens, metrics, run } = await readCheckpointInfo(dir);
      const { validationLoss = null } = metrics;
      const { to } = fallBacksOf(run).at(-1) ?? {};
      if (to !== undefined) marks.push(`went on from ${to} (--fall-back)`);
      found.push({ name, step, tokens, validationLoss, bytes: await sizeOf(dir), marks });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const damaged = { step: NaN, tokens: NaN, validationLoss: null, bytes: await sizeOf(dir) };
      found.push({ name, ...damaged, marks: [...marks, error.message] });
    }
  }
  return found;
}

/** Two kilobytes are no 0.0 MB. */
function describeBytes(bytes: number): string {
  return bytes < 1e5 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function describeRows(checkpoints: readonly CheckpointRow[]): string[] {
  return checkpoints.map(({ name, tokens, validationLoss, bytes, marks }) =>
    [
      `  ${name}`,
      `${tokens.toLocaleString("en")} tokens`.padStart(20),
      (validationLoss === null ? "" : `validation ${validationLoss.toFixed(4)}`).padStart(20),
      describeBytes(bytes).padStart(10),
      ` ${marks.join(", ")}`,
    ].join("")
  );
}

function describe(found: RunContents): string[] {
  const { run, settings, bytes, corpus, tokens, vocab, parameters, checkpoints } = found;
  const soFar = found.documents === null ? " so far, not complete yet" : "";
  const count = (n: number) => n.toLocaleString("en");
  const plural = (n: number, noun: string) => `${count(n)} ${noun}${n === 1 ? "" : "s"}`;
  const size = (part: string) => describeBytes(bytes[part] ?? 0);
  const sources = settings.sources.length === 0 ? "the sample site" : settings.sources.join(" ");
  const goal = settings.steps > 0
    ? `${count(settings.steps)} steps`
    // How many steps the clock allows is another number each time.
    : `${settings.seconds} s (planned by the clock: another run gives other weights)`;
  const done = checkpoints.at(-1)?.step ?? 0;
  return [
    `Run          ${run}`,
    `Sources      ${sources}`,
    `Plan         preset ${settings.preset}, ${goal}, seed ${settings.seed}`,
    `Corpus       ${plural(corpus.documents, "document")}${soFar}, ` +
    `${plural(corpus.textBytes, "byte")} of text, ${size("corpus")} on the disk`,
    vocab === null || tokens === null
      ? "Tokenizer    none yet"
      : `Tokens       ${count(tokens.train)} to train on, ${count(tokens.validation)} held out ` +
        `(so far: of the documents that training has read), ` +
        `vocabulary ${count(vocab)}, ${size("tokens")}`,
    ...(parameters === null ? [] : [`Model        ${count(parameters)} parameters`]),
    `Checkpoints  ${checkpoints.length === 0 ? "none yet" : size("checkpoints")}`,
    ...describeRows(checkpoints),
    `Export       ${bytes.export ? size("export") : "none yet"}`,
    found.manifest === null
      ? `Next         stands at step ${count(done)}: deno task pipeline --run ${run}`
      : `Manifest     ${found.manifest}, check it with: deno task verify ${run}`,
  ];
}

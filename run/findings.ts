/**
 * Diagnoses a run, file by file, with a repair for each fault.
 *
 * @module
 */
import { join } from "node:path";
import { exists } from "../model/durable.ts";
import { latestCheckpoint, readCheckpointInfo } from "../model/checkpoint/mod.ts";
import { openDatabase } from "../stages/database.ts";
import { readJournal, readMark, readSeal, salvageJournal, SEAL } from "../stages/journal/mod.ts";
import { inspectShards, readIndex, readStore } from "../stages/store/mod.ts";
import { readManifest } from "./manifest.ts";
import { readOwnPrompts } from "./prompts.ts";
import { readRunFile, type RunPaths } from "./folder.ts";
import { restoredSettings } from "./settings/changed.ts";
import { describeChanged } from "./settings/digest.ts";
import { loadTokenizer } from "./tokenizer_file.ts";
import { readValidation } from "./validation_file.ts";

/** A fault and its repair. */
export interface Finding {
  readonly fault: string;
  /** Description of the repair, or why there is none. */
  readonly way: string;
  /** Files and folders to set aside, relative to the run; none where there is no repair. */
  readonly aside: readonly string[];
  /** What replaces the files set aside; nothing by default. */
  readonly makes?: "corpus" | "tokens" | "settings";
}

/** Files derived from the corpus, which are invalid for another one. */
const FROM_CORPUS = [
  ...["corpus", "tokens", "checkpoints", "manifest.json", "validation.json", "prompts.json"],
  ...["metrics.jsonl", "samples.jsonl", "status.json", "report.html", "export"],
  ...databaseFiles("stored.sqlite"),
  ...databaseFiles("near.sqlite"),
];

/** A database and SQLite's files beside it. */
function databaseFiles(name: string): string[] {
  return [name, `${name}-wal`, `${name}-shm`];
}

/** Checks everything a run resumes from; changes nothing. */
export async function findFaults(paths: RunPaths): Promise<Finding[]> {
  const corpus = await corpusFaults(paths);
  return [
    ...await settingsFaults(paths),
    ...corpus,
    ...corpus.length > 0 ? [] : await tokenFaults(paths),
    ...await attempt(() => readManifest(paths), {
      aside: ["manifest.json"],
      way: "the next end of a training records it again",
    }),
    ...await attempt(() => readValidation(paths.validation), {
      aside: ["validation.json"],
      way: "another set is drawn; losses before and after cannot be compared",
    }),
    ...await attempt(() => readOwnPrompts(paths.root), {
      aside: ["prompts.json"],
      way: "other prompts are chosen",
    }),
    ...await databaseFaults(paths),
    ...await checkpointFaults(paths),
  ];
}

async function settingsFaults(paths: RunPaths): Promise<Finding[]> {
  const isKnown = await restoredSettings(paths) !== undefined;
  return await attempt(async () => {
    const run = await readRunFile(paths);
    if (!run || run.changed.length === 0) return;
    throw new Error(
      `Cannot use ${paths.settings}: it was changed by hand or is damaged: ` +
        await describeChanged(paths, run),
    );
  }, {
    ...isKnown
      ? { aside: ["run.json"], makes: "settings", way: "they are put back as they were written" }
      : { way: "put it back by hand: no checkpoint tells what was written" },
  });
}

async function corpusFaults(paths: RunPaths): Promise<Finding[]> {
  const { corpus } = paths;
  if (!await exists(corpus)) return [];
  const small = [
    ...await attempt(() => readMark(corpus), {
      aside: ["corpus/mark.json"],
      way: "sources are read from their beginning; documents that are stored are left out",
    }),
    ...await attempt(() => readSeal(corpus), {
      aside: [`corpus/${SEAL}`],
      way: "sources are read again, and the corpus is complete once they have been",
    }),
  ];
  if (small.length > 0) return small;
  const broken = await attempt(
    async () => {
      for await (const _document of (await readJournal(corpus)).documents());
    },
    { way: "" },
  );
  if (broken.length === 0) return [];
  const { count, lost } = await salvageJournal(corpus);
  const gaps = lost.map(({ from, to }) => `${from} to ${to - 1}`).join(", ");
  return broken.map(({ fault }) => ({
    fault,
    makes: "corpus" as const,
    aside: FROM_CORPUS,
    way: `${count} documents are whole and make a new corpus` +
      (gaps === "" ? ", without what followed the last of them" : `, without documents ${gaps}`) +
      "; sources are read again and bring back what they still have. Training begins anew, " +
      "since its batches were made of the old corpus",
  }));
}

async function tokenFaults(paths: RunPaths): Promise<Finding[]> {
  if (!await exists(paths.tokens)) return [];
  const hasCorpus = await exists(paths.corpus);
  const options = hasCorpus
    ? { aside: ["tokens"], makes: "tokens" as const, way: "they are made of the corpus again" }
    : { way: "there is no corpus to make them of again; import them again" };
  return await attempt(async () => {
    const tokenizer = await loadTokenizer(paths, { init: "" });
    if (!tokenizer) return;
    const { tokenizer: { vocabSize }, hash: tokenizerHash } = tokenizer;
    await using _store = await readStore({ dir: paths.tokens, vocabSize, tokenizerHash });
    const index = await readIndex(paths.tokens);
    if (!index) return;
    for await (const { fault } of inspectShards(paths.tokens, { index })) {
      if (fault !== null) throw new Error(fault);
    }
  }, options);
}

async function databaseFaults(paths: RunPaths): Promise<Finding[]> {
  const ways: Readonly<Record<string, string>> = {
    "frontier.sqlite": "the crawl begins anew; documents that are stored are left out",
    "seen.sqlite": "a text that comes again under another address may be kept twice",
    "near.sqlite": "it is made of the corpus again",
    "lines.sqlite": "lines that sites repeat are counted from here on",
    "held.sqlite": "documents that waited for others of their site are lost: start another run",
    "stored.sqlite": "it is made of the corpus again",
  };
  const found: Finding[] = [];
  for (const [name, way] of Object.entries(ways)) {
    const path = join(paths.root, name);
    if (!await exists(path)) continue;
    found.push(
      ...await attempt(() => checkDatabase(path), { aside: databaseFiles(name), way }),
    );
  }
  return found;
}

/** Checks a copy, because opening a database may write to it. */
async function checkDatabase(path: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "cllm-repair-" });
  const copy = join(folder, "copy.sqlite");
  try {
    await Deno.copyFile(path, copy);
    if (await exists(`${path}-wal`)) await Deno.copyFile(`${path}-wal`, `${copy}-wal`);
    openDatabase(copy, { remedy: "" }).close();
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replaceAll(copy, path);
    throw error;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function checkpointFaults({ checkpoints, root }: RunPaths): Promise<Finding[]> {
  const newest = await latestCheckpoint(checkpoints);
  if (newest === undefined) return [];
  return await attempt(() => readCheckpointInfo(newest), {
    way: `\`deno task pipeline --run ${root} --fall-back\` goes on from the one before`,
  });
}

/** The finding when `look` fails; undefined otherwise. */
async function attempt(
  look: () => unknown,
  { way, aside = [], ...makes }: Pick<Finding, "way" | "makes"> & { aside?: readonly string[] },
): Promise<Finding[]> {
  try {
    await look();
    return [];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // Strips the advice to run this command.
    const fault = error.message.replace(/;[^;]*`deno task repair .*$/, "").replace(/; $/, "");
    return [{ fault, way, aside, ...makes }];
  }
}

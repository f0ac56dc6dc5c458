/**
 * `verify`: whether a run is what it says it is.
 *
 * @module
 */
import { join } from "node:path";
import { listCheckpoints, loadCheckpoint, readModelConfig } from "../model/checkpoint/mod.ts";
import { createLayout } from "../model/layout.ts";
import { tokenize } from "../stages/tokenize/mod.ts";
import type { Split } from "../stages/types.ts";
import { type Command, command } from "../cli/command.ts";
import { jsonToggle, UsageError } from "../cli/flags.ts";
import { splitter } from "../run/hold_out.ts";
import { createManifest, digestRuns, type Manifest, readManifest } from "../run/manifest.ts";
import { readRunFile } from "../run/folder.ts";
import { readOwnPrompts } from "../run/prompts.ts";
import { readValidation } from "../run/validation_file.ts";
import { describeChanged } from "../run/settings/digest.ts";
import { type OpenRun, openRun, RUN_FLAG, runOperand } from "../run/open.ts";
import { say } from "../cli/print.ts";

const FLAGS = { ...RUN_FLAG, json: jsonToggle("with the manifest") };

/** The `verify` command. */
export const verify: Command = command({
  name: "verify",
  summary:
    "Recomputes the manifest of a run, from its documents to its weights, and compares it with\n" +
    "the one recorded: which corpus, tokenizer, batches and program made which weights.",
  operands: "[RUN]",
  flags: FLAGS,
  examples: [
    "deno task verify",
    "deno task verify runs/mine --json",
  ],
  async run({ values, operands }) {
    const root = runOperand(operands, { command: "verify", run: values.run });
    await using run = await openRun(root, { changed: true });
    const { paths, settings, journal, store, tokenizer } = run;
    if (!store || !tokenizer) {
      throw new UsageError(`Cannot verify ${root}: it has no tokenizer yet; go on with the run`);
    }
    const recorded = await readManifest(paths);
    const manifest = await createManifest(paths, { settings, journal, store, tokenizer });
    const faults = [
      ...await checkSettings(run),
      ...await checkDrawn(run),
      ...await checkTokens(run, manifest),
      ...await checkCheckpoints(run),
      ...recorded ? differences(recorded, manifest) : [],
    ];
    const isOtherProgram = recorded && recorded.program.sha256 !== manifest.program.sha256;
    if (values.json) say(JSON.stringify({ manifest, recorded: !!recorded, faults }));
    else {
      for (const line of describeManifest(manifest)) say(line);
      say(
        faults.length > 0
          ? faults.map((fault) => `WRONG  ${fault}`).join("\n")
          : recorded
          ? "All as recorded."
          : "No fault found. The run has not ended: there is no record yet to compare with.",
      );
      if (isOtherProgram) {
        say(
          `Recorded by another version of this program (${recorded.program.sha256}); ` +
            "the stages above agree all the same.",
        );
      }
    }
    return faults.length > 0 ? 1 : 0;
  },
});

/** One line a stage. */
function describeManifest(manifest: Manifest): string[] {
  const { program, settings, corpus, tokenizer, tokens, batches, weights, sha256 } = manifest;
  const count = (n: number) => n.toLocaleString("en");
  const rows: [stage: string, what: string, digest: string][] = [
    ["program", program.version, program.sha256],
    ["settings", "", settings.sha256],
    ["corpus", `${count(corpus.documents)} documents`, corpus.sha256],
    ["tokenizer", `${count(tokenizer.vocab)} entries`, tokenizer.sha256],
    ["train", `${count(tokens.train.tokens)} tokens`, tokens.train.sha256],
    ["validation", `${count(tokens.validation.tokens)} tokens`, tokens.validation.sha256],
  ];
  if (batches) {
    rows.push([
      "batches",
      `${count(batches.steps)} of ${count(batches.tokens)} tokens in all`,
      batches.sha256,
    ]);
  }
  if (weights) {
    rows.push(["weights", `step ${count(weights.step)}`, weights.model]);
    rows.push(["optimizer", `step ${count(weights.step)}`, weights.optimizer]);
  }
  rows.push(["manifest", "", sha256]);
  const width = Math.max(...rows.map(([, what]) => what.length)) + 2;
  return rows.map(([stage, what, digest]) => `${stage.padEnd(11)}${what.padEnd(width)}${digest}`);
}

/** Whether run.json is as the program wrote it. */
async function checkSettings({ paths }: OpenRun): Promise<string[]> {
  const run = await readRunFile(paths);
  if (!run || run.changed.length === 0) return [];
  return [
    `run.json was changed by hand or is damaged: ${await describeChanged(paths, run)}`,
  ];
}

/** Whether what was drawn once, and is kept, is what was written. */
async function checkDrawn({ paths }: OpenRun): Promise<string[]> {
  const faults: string[] = [];
  for (const look of [() => readValidation(paths.validation), () => readOwnPrompts(paths.root)]) {
    try {
      await look();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      faults.push(error.message);
    }
  }
  return faults;
}

/** Tokenizes the corpus once more: the stored tokens must be its beginning. */
async function checkTokens(
  { journal, settings, tokenizer }: OpenRun,
  manifest: Manifest,
): Promise<string[]> {
  const faults: string[] = [];
  for (const split of ["train", "validation"] as const) {
    const stored = manifest.tokens[split];
    const again = await digestRuns(tokenizeSplit(split, stored.documents));
    if (again.sha256 !== stored.sha256) {
      faults.push(
        `tokens/${split}: ${stored.documents} documents of ${stored.tokens} tokens, where the ` +
          `corpus gives ${again.documents} of ${again.tokens} (${again.sha256})`,
      );
    }
  }
  return faults;

  async function* tokenizeSplit(split: Split, documents: number) {
    if (!tokenizer || documents === 0) return;
    let taken = 0;
    const runs = journal.documents()
      .pipeThrough(tokenize({ tokenizer: tokenizer.tokenizer, split: splitter(settings.holdOut) }));
    for await (const run of runs) {
      if (run.split !== split) continue;
      yield run;
      if (++taken === documents) return;
    }
  }
}

/** Loads every checkpoint, and so checks the digest of each of its files. */
async function checkCheckpoints({ paths }: OpenRun): Promise<string[]> {
  const faults: string[] = [];
  for (const name of await listCheckpoints(paths.checkpoints)) {
    const dir = join(paths.checkpoints, name);
    try {
      const layout = createLayout(await readModelConfig(dir));
      await loadCheckpoint(dir, { into: { parameters: new Float32Array(layout.length) } });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      faults.push(error.message);
    }
  }
  return faults;
}

/** What the manifests do not agree on, program and total aside. */
function differences(recorded: Manifest, found: Manifest): string[] {
  const stages = ["settings", "corpus", "tokenizer", "tokens", "batches", "weights"] as const;
  return stages.flatMap((stage) => {
    const [before, now] = [JSON.stringify(recorded[stage]), JSON.stringify(found[stage])];
    return before === now ? [] : [`${stage}: recorded ${before}, found ${now}`];
  });
}

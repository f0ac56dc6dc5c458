/**
 * `eval`: how well checkpoints predict held-out documents.
 *
 * @module
 */
import { join } from "node:path";
import { listCheckpoints } from "../model/checkpoint/mod.ts";
import { openJournal } from "../stages/journal/mod.ts";
import { WEIGHT_FORMATS } from "../serve/mod.ts";
import type { Command } from "./command.ts";
import { choice, number, parseFlags, toggle, UsageError } from "./flags.ts";
import { evaluateModel, readHeldOut } from "./evaluation.ts";
import { describeEvaluations, type NamedEvaluation } from "./evaluation_table.ts";
import { findCheckpoint } from "./model_source.ts";
import { checkModelTokenizer } from "./model_tokenizer.ts";
import { RUN_FLAG, runAmong } from "./open_run.ts";
import { readSettings, runPaths } from "./run_folder.ts";
import { openScored, readScoredConfig, scoredFolder } from "./scored.ts";
import { loadTokenizer } from "./tokenizer_file.ts";
import { SPHERE_FLAGS, spheresOf } from "./training_flags.ts";

const FLAGS = {
  ...RUN_FLAG,
  rows: number({ help: "rows evaluated at once", min: 1, max: 4096, defaultValue: 12 }),
  cols: number({
    help: "tokens of context (default: half of the model's)",
    min: 2,
    defaultValue: undefined,
  }),
  ...SPHERE_FLAGS,
  all: toggle({ help: "every checkpoint of the run" }),
  weights: choice({
    help: "int8 scores checkpoints as `serve --weights int8` runs them",
    of: WEIGHT_FORMATS,
    defaultValue: "f32",
  }),
  json: toggle({ help: "one JSON object a checkpoint" }),
};

/** The `eval` command. */
export const evaluate: Command = {
  name: "eval",
  summary:
    "Loss, perplexity and bits a byte of checkpoints and exported ONNX files on the held-out\n" +
    "documents of a run, source by source, and how each continues a few texts.\n" +
    "Without a checkpoint: the run's newest.",
  operands: "[RUN] [CHECKPOINT | MODEL.onnx]...",
  flags: FLAGS,
  examples: [
    "deno task eval",
    "deno task eval runs/mine --all --json",
    "deno task eval runs/mine runs/mine/export/onnx/model.onnx",
  ],
  async run(args) {
    const { values: flags, operands: named } = parseFlags(args, { flags: FLAGS });
    const { run, operands } = await runAmong(named, { command: "evaluate", run: flags.run });
    const values = { ...flags, run };
    if (values.all && operands.length > 0) {
      throw new UsageError(`Cannot evaluate ${operands[0]} with --all: choose one`);
    }
    const paths = runPaths(values.run);
    const settings = await readSettings(paths);
    const checkpoints = values.all
      ? (await listCheckpoints(paths.checkpoints)).map((name) => join(paths.checkpoints, name))
      : operands.length > 0
      ? operands
      : [await findCheckpoint({ run: values.run, checkpoint: undefined })];
    const tokenizer = settings && await loadTokenizer(paths, settings);
    if (!tokenizer) {
      throw new UsageError(`Cannot evaluate on --run ${values.run}: it has no tokenizer yet`);
    }
    await using journal = await openJournal({ dir: paths.corpus });
    const evaluations: NamedEvaluation[] = [];
    for (const checkpoint of checkpoints) {
      const config = await readScoredConfig(checkpoint);
      await checkModelTokenizer(tokenizer.tokenizer, {
        ...{ config, folder: scoredFolder(checkpoint), source: "the run's" },
        refusal: `Cannot evaluate ${checkpoint}`,
        remedy: "name with --run the run that it was trained in",
      });
      const cols = values.cols ?? Math.max(2, Math.floor(config.max_position_embeddings / 2));
      const { rows } = values;
      await using scored = await openScored(checkpoint, {
        ...{ config, rows, cols, int8: values.weights === "int8", ...spheresOf(values) },
      });
      const texts = await readHeldOut({
        journal,
        rule: settings.holdOut,
        tokenizer: tokenizer.tokenizer,
        cols,
      });
      if (texts.length === 0) {
        throw new Error(`Cannot evaluate on ${values.run}: it has no held-out document`);
      }
      const evaluation = await evaluateModel(scored, {
        ...{ texts, tokenizer: tokenizer.tokenizer, rows, cols },
      });
      evaluations.push({ checkpoint, ...evaluation });
      if (values.json) console.log(JSON.stringify({ checkpoint, ...evaluation }));
    }
    if (!values.json) console.log(describeEvaluations(evaluations));
    return 0;
  },
};

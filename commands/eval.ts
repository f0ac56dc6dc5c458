/**
 * `eval`: how well checkpoints predict held-out documents.
 *
 * @module
 */
import { join } from "node:path";
import { listCheckpoints, readStopIds } from "../model/checkpoint/mod.ts";
import { exists } from "../model/durable.ts";
import { readJournal } from "../stages/journal/mod.ts";
import { KV_FORMATS, WEIGHT_FORMATS } from "../engine/mod.ts";
import { CHECKPOINT_FLAG } from "../run/choose_checkpoint.ts";
import { type Command, command } from "../cli/command.ts";
import { choice, group, jsonToggle, list, number, toggle, UsageError } from "../cli/flags.ts";
import { TASK_NAMES } from "../evaluation/tasks/read_tasks.ts";
import { evaluateModel } from "../evaluation/evaluation.ts";
import { describeProgress, progressLine } from "../evaluation/progress.ts";
import { describeEvaluations, type NamedEvaluation } from "../evaluation/table.ts";
import { type EvaluationTexts, openTexts, TEXT_SETS } from "../evaluation/texts.ts";
import { findCheckpoint } from "../run/model_source.ts";
import { checkModelTokenizer } from "../run/model_tokenizer.ts";
import { requireSettings, RUN_FLAG, runAmong } from "../run/open.ts";
import { runPaths } from "../run/folder.ts";
import { readPrompts } from "../run/prompts.ts";
import {
  evaluableFolder,
  isOnnx,
  openEvaluable,
  readEvaluableConfig,
} from "../evaluation/evaluable.ts";
import { loadTokenizer } from "../run/tokenizer_file.ts";
import { SPHERES, spheresOf } from "../run/settings/training.ts";
import { say } from "../cli/print.ts";
import { evaluateTasks } from "./eval_tasks.ts";

const FLAGS = {
  ...RUN_FLAG,
  ...group("Model", {
    checkpoint: { ...CHECKPOINT_FLAG, excludes: ["all"] },
    all: toggle({ help: "every checkpoint of the run" }),
    weights: choice({
      help: "int8 scores checkpoints as `serve --weights int8` does",
      of: WEIGHT_FORMATS,
      defaultValue: "f32",
    }),
    kv: choice({
      help: "f16 and int8 score checkpoints as `serve --kv` does",
      of: KV_FORMATS,
      defaultValue: "f32",
    }),
  }),
  ...group("Text", {
    set: choice({
      help: "all held-out documents, or the rows of them that the run validates on",
      of: TEXT_SETS,
      defaultValue: "all",
    }),
    "max-rows": number({
      help: "maximum rows to score, drawn as for validation (default: all)",
      min: 1,
      only: { set: ["all"] },
    }),
    rows: number({ help: "rows evaluated at once", min: 1, max: 4096, defaultValue: 12 }),
    cols: number({
      help: "tokens of context (default: half of the model's, or those of --set validation)",
      min: 2,
      only: { set: ["all"] },
    }),
  }),
  ...group("Tasks", {
    task: list({
      help: `score models on these questions instead: ${
        TASK_NAMES.join(", ")
      }, of JSON lines (core: of its folder); repeatable`,
      value: "FORM=FILE",
    }),
    shots: number({
      help: "examples in front of each question, drawn as lm-evaluation-harness does",
      min: 0,
      max: 100,
      defaultValue: 0,
      needs: "task",
    }),
    examples: list({
      help: "take the examples of a form from this file; repeatable (default: the task's own)",
      value: "FORM=FILE",
      needs: "shots",
    }),
    limit: number({
      help: "questions of each task (default: all)",
      min: 1,
      needs: "task",
    }),
  }),
  ...group("Workers", SPHERES, { only: { weights: ["f32"], kv: ["f32"] } }),
  json: jsonToggle("a checkpoint"),
};

/** Flags about what an ONNX file has of its own. */
const CHECKPOINT_FLAGS = ["weights", "kv", ...Object.keys(SPHERES)];

/** Flags that say something of tasks. */
const TASK_FLAGS = [
  "task",
  "shots",
  "examples",
  "limit",
  "run",
  "checkpoint",
  "weights",
  "workers",
  "json",
];

/** The `eval` command. */
export const evaluate: Command = command({
  name: "eval",
  summary:
    "Loss, perplexity and bits per byte of checkpoints and exported ONNX files on the held-out\n" +
    "documents of a run, source by source, and how each continues a few texts.\n" +
    "With --task, how many questions models answer right: runs, checkpoints, adapters, folders.\n" +
    "Without a checkpoint: the run's best.",
  operands: "[RUN] [CHECKPOINT | MODEL.onnx]...",
  flags: FLAGS,
  examples: [
    "deno task eval",
    "deno task eval runs/mine --all --json",
    "deno task eval runs/default runs/tuned --task exact=questions.jsonl",
  ],
  async run({ values: flags, operands: named, given }) {
    if (flags.task.length > 0) {
      const unused = [...given].find((flag) => !TASK_FLAGS.includes(flag));
      if (unused === undefined) return await evaluateTasks(flags, named);
      throw new UsageError(`Cannot use --${unused} with --task: it is about held-out documents`);
    }
    const { run, operands } = await runAmong(named, { command: "evaluate", run: flags.run });
    const values = { ...flags, run };
    const wish = values.checkpoint;
    if (operands.length > 0 && (values.all || wish !== undefined)) {
      const other = values.all ? "--all" : `--checkpoint ${wish}`;
      throw new UsageError(`Cannot evaluate both ${operands[0]} and ${other}: choose one`);
    }
    const unused = CHECKPOINT_FLAGS.find((flag) => given.has(flag));
    if (unused !== undefined && operands.length > 0 && operands.every(isOnnx)) {
      throw new UsageError(
        `Cannot use --${unused} with ${operands[0]}: it is for checkpoints; leave it out`,
      );
    }
    // What is no model is refused by its own name, before the run that it would be scored on.
    for (const operand of operands) await readEvaluableConfig(operand);
    const paths = runPaths(values.run);
    const settings = await requireSettings(values.run);
    const tokenizer = await loadTokenizer(paths, { init: "" });
    if (!tokenizer || !await exists(paths.corpus)) {
      throw new UsageError(
        `Cannot evaluate on --run ${values.run}: it has no tokenizer yet; ` +
          `go on with \`deno task pipeline --run ${values.run}\``,
      );
    }
    const chosen = values.all || operands.length > 0
      ? undefined
      : await findCheckpoint({ run: values.run, wish });
    const checkpoints = values.all
      ? (await listCheckpoints(paths.checkpoints)).map((name) => join(paths.checkpoints, name))
      : chosen === undefined
      ? operands
      : [chosen.folder];
    const journal = await readJournal(paths.corpus);
    const { rows } = values;
    const prompts = await readPrompts(values.run);
    const evaluations: NamedEvaluation[] = [];
    for (const checkpoint of checkpoints) {
      const config = await readEvaluableConfig(checkpoint);
      await checkModelTokenizer(tokenizer.tokenizer, {
        config,
        folder: evaluableFolder(checkpoint),
        source: "the run's",
        refusal: `Cannot evaluate ${checkpoint}`,
        remedy: "name with --run the run that it was trained in",
      });
      const texts: EvaluationTexts = await openTexts({
        paths,
        settings,
        journal,
        tokenizer,
        set: values.set,
        cols: values.cols ?? Math.max(2, Math.floor(config.max_position_embeddings / 2)),
        maxRows: values["max-rows"],
      });
      const { cols } = texts;
      await using scored = await openEvaluable(checkpoint, {
        config,
        rows,
        cols,
        weights: values.weights,
        kv: values.kv,
        ...spheresOf(values),
      });
      using progress = progressLine();
      const evaluation = await evaluateModel(scored, {
        texts: texts.read(),
        tokenizer: tokenizer.tokenizer,
        rows,
        cols,
        prompts,
        stopIds: await readStopIds(evaluableFolder(checkpoint)),
        onProgress: (done) => progress.show(`${describeProgress(done, texts)}  ${checkpoint}`),
      });
      if (evaluation.tokens === 0) {
        throw new Error(`Cannot evaluate on ${values.run}: it has no held-out document`);
      }
      evaluations.push({ checkpoint, ...evaluation });
      if (values.json) {
        progress.clear();
        say(JSON.stringify({ checkpoint, ...evaluation }));
      }
    }
    if (chosen && !values.json) say(`Evaluates ${chosen.line}`);
    if (!values.json) say(describeEvaluations(evaluations));
    return 0;
  },
});

/**
 * `eval`: how well checkpoints predict held-out documents.
 *
 * @module
 */
import { createLayout } from "../model/layout.ts";
import { initFromFolder } from "../model/checkpoint/mod.ts";
import { openJournal } from "../stages/journal/mod.ts";
import { validate } from "../stages/train/mod.ts";
import { openSpheres } from "../workers/mod.ts";
import type { Command } from "./command.ts";
import { number, parseFlags, text, toggle, UsageError } from "./flags.ts";
import { heldOutBatches } from "./held_out.ts";
import { findCheckpoint, readNamedConfig } from "./model_source.ts";
import { readSettings, runPaths } from "./run_folder.ts";
import { loadTokenizer } from "./tokenizer_file.ts";
import { SPHERE_FLAGS, spheresOf } from "./training_flags.ts";

const FLAGS = {
  run: text({
    help: "run folder with the documents",
    value: "DIR",
    defaultValue: "runs/default",
  }),
  rows: number({ help: "rows evaluated at once", min: 1, max: 4096, defaultValue: 12 }),
  cols: number({
    help: "tokens of context (default: half of the model's)",
    min: 2,
    defaultValue: undefined,
  }),
  ...SPHERE_FLAGS,
  json: toggle({ help: "one JSON object a checkpoint" }),
};

/** The `eval` command. */
export const evaluate: Command = {
  name: "eval",
  summary: "Mean loss and perplexity of checkpoints on the held-out documents of a run.\n" +
    "Without operands: the run's newest checkpoint.",
  operands: "[CHECKPOINT]...",
  flags: FLAGS,
  async run(args) {
    const { values, operands } = parseFlags(args, { flags: FLAGS });
    const paths = runPaths(values.run);
    const settings = await readSettings(paths);
    const checkpoints = operands.length > 0
      ? operands
      : [await findCheckpoint({ run: values.run, checkpoint: undefined })];
    const tokenizer = settings && await loadTokenizer(paths, settings);
    if (!tokenizer) {
      throw new UsageError(`Cannot evaluate on --run ${values.run}: it has no tokenizer yet`);
    }
    await using journal = await openJournal({ dir: paths.corpus });
    for (const checkpoint of checkpoints) {
      const config = await readNamedConfig(checkpoint, { flag: "checkpoint" });
      if (config.vocab_size !== tokenizer.tokenizer.vocabSize) {
        throw new TypeError(
          `Cannot evaluate ${checkpoint}: its vocabulary has ${config.vocab_size} entries and the ` +
            `run's tokenizer ${tokenizer.tokenizer.vocabSize}`,
        );
      }
      const cols = values.cols ?? Math.max(2, Math.floor(config.max_position_embeddings / 2));
      const { rows } = values;
      await using spheres = await openSpheres({ config, rows, cols, ...spheresOf(values) });
      await initFromFolder(checkpoint, {
        layout: createLayout(config),
        parameters: spheres.parameters,
      });
      await spheres.packWeights();
      const loss = await validate(
        spheres,
        heldOutBatches({ journal, tokenizer: tokenizer.tokenizer, rows, cols }),
      );
      if (Number.isNaN(loss)) {
        throw new Error(`Cannot evaluate on ${values.run}: it has no held-out document`);
      }
      const perplexity = Math.exp(loss);
      console.log(
        values.json
          ? JSON.stringify({ checkpoint, loss, perplexity })
          : `${checkpoint}  loss ${loss.toFixed(4)}  perplexity ${perplexity.toFixed(2)}`,
      );
    }
    return 0;
  },
};

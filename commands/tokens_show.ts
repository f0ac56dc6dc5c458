/**
 * `tokens show`: a batch as a person can read it.
 *
 * @module
 */
import { batch, type BatchMode } from "../stages/batch/mod.ts";
import { epochs } from "../stages/store/mod.ts";
import type { Tokenizer } from "../stages/tokenize/mod.ts";
import type { Batch } from "../stages/types.ts";
import type { Command } from "./command.ts";
import { choice, number, parseFlags } from "./flags.ts";
import { runOperand } from "./open_run.ts";
import { openTokens } from "./open_tokens.ts";

const FLAGS = {
  batch: number({ help: "which batch, counted from 1", min: 1, defaultValue: 1 }),
  rows: number({ help: "rows of a batch", min: 1, defaultValue: 4 }),
  cols: number({ help: "tokens of a row", min: 1, defaultValue: 64 }),
  seed: number({ help: "seed of the order", defaultValue: 0 }),
  mode: choice<BatchMode, BatchMode>({
    help: "how documents become rows",
    of: ["pack", "contiguous", "pad"],
    defaultValue: "pack",
  }),
};

/** Backgrounds of neighbouring tokens (ECMA-48 SGR), black on light. */
const BACKGROUNDS = [153, 223, 157, 219, 229].map((color) => `\x1b[30;48;5;${color}m`);
const RESET = "\x1b[0m";
/** Between two documents of a row. */
const BORDER = " ‖ ";

/** The `tokens show` command. */
export const show: Command = {
  name: "tokens show",
  summary: "Prints a batch of a run's train split, tokens in colours, documents divided by ‖.",
  operands: "[RUN]",
  flags: FLAGS,
  async run(args) {
    const { values, operands } = parseFlags(args, { flags: FLAGS });
    await using run = await openTokens(runOperand(operands, { command: "show" }));
    const { rows, cols, seed, mode } = values;
    const live = ReadableStream.from([]);
    const { vocabSize } = run.tokenizer;
    const batches = epochs({ store: run.store, live, maxEpochs: 1 })
      .pipeThrough(batch({ rows, cols, seed, mode, vocabSize }));
    let number = 0;
    for await (const made of batches) {
      if (++number < values.batch) continue;
      for (let row = 0; row < rows; row++) {
        console.log(`row ${row}: ${showRow(made, row, run.tokenizer)}`);
      }
      return 0;
    }
    throw new RangeError(`Cannot show --batch ${values.batch}: an epoch has ${number} batches`);
  },
};

/** One row; without colours, tokens are divided by `|`. */
function showRow({ inputIds, segmentIds, mask, cols }: Batch, row: number, tokenizer: Tokenizer) {
  let shown = "";
  for (let col = 0; col < cols; col++) {
    const at = row * cols + col;
    if (mask[at] === 0) return `${shown}${BORDER}${cols - col} empty`;
    const isNew = col > 0 && segmentIds?.[at] !== segmentIds?.[at - 1];
    if (isNew) shown += BORDER;
    const token = JSON.stringify(tokenizer.decode([inputIds[at] as number])).slice(1, -1);
    if (!Deno.noColor) shown += `${BACKGROUNDS[col % BACKGROUNDS.length]}${token}${RESET}`;
    else shown += isNew || col === 0 ? token : `|${token}`;
  }
  return shown;
}

/**
 * `tokens show`: a batch as a person can read it.
 *
 * @module
 */
import { type BatchMode, BatchStream } from "../../stages/batch/mod.ts";
import { epochs } from "../../stages/store/mod.ts";
import type { Tokenizer } from "../../tokenizer/mod.ts";
import type { Batch } from "../../stages/types.ts";
import { type Command, command } from "../../cli/command.ts";
import { choice, group, number, text, UsageError } from "../../cli/flags.ts";
import { RUN_FLAG, runOperand } from "../../run/open.ts";
import { openTokens } from "../../run/open_tokens.ts";
import { say } from "../../cli/print.ts";

const FLAGS = {
  ...RUN_FLAG,
  ...group("The batch", {
    batch: number({ help: "batch to show, counted from 1", min: 1, defaultValue: 1 }),
    rows: number({ help: "rows of a batch", min: 1, defaultValue: 4 }),
    cols: number({ help: "tokens of a row", min: 1, defaultValue: 64 }),
    seed: number({ help: "seed of the order", defaultValue: 0 }),
    mode: choice<BatchMode>({
      help: "how documents become rows",
      of: ["pack", "contiguous", "pad"],
      defaultValue: "pack",
    }),
    buckets: text({
      help: "in pad mode, row lengths besides --cols, separated by commas",
      value: "N,N",
      defaultValue: "",
      only: { mode: ["pad"] },
    }),
  }),
};

/** Backgrounds of neighbouring tokens (ECMA-48 SGR), black on light. */
const BACKGROUNDS = [153, 223, 157, 219, 229].map((color) => `\x1b[30;48;5;${color}m`);
const RESET = "\x1b[0m";
/** Between two documents of a row. */
const BORDER = " ‖ ";

/** The `tokens show` command. */
export const show: Command = command({
  name: "tokens show",
  summary: "Prints a batch of a run's train split, with colored tokens and ‖ between documents.\n" +
    "Without flags: the first batch of 4 rows of 64 tokens, packed from the documents of\n" +
    "runs/default in the order of seed 0. Rows are made as the flags say and not as training made\n" +
    "them: `trace --step` tells what that saw.",
  operands: "[RUN]",
  flags: FLAGS,
  examples: [
    "deno task tokens show runs/mine",
    "deno task tokens show runs/mine --batch 7 --rows 2 --cols 128",
  ],
  async run({ values, operands }) {
    const buckets = bucketsOf(values);
    await using run = await openTokens(runOperand(operands, { command: "show", run: values.run }));
    const { rows, cols, seed, mode } = values;
    const { store, tokenizer } = run;
    await using batches = new BatchStream({
      open: (start) =>
        ReadableStream.from<never>([]).pipeThrough(epochs({
          store,
          order: "shuffled",
          seed,
          start,
          maxEpochs: 1,
          // One endless stream has whole documents.
          ...(mode === "contiguous" && { partPairs: Infinity }),
        })),
      size: { documents: store.count("train"), tokens: store.tokens("train") },
      rows,
      cols,
      seed,
      mode,
      vocabSize: tokenizer.vocabSize,
      ...(buckets.length > 0 && { buckets }),
    });
    for (let number = 1; number < values.batch && await batches.next(); number++);
    const made = await batches.next();
    const { statistics: { batches: count, padding } } = batches;
    if (!made) {
      throw new RangeError(`Cannot show --batch ${values.batch}: an epoch has ${count} batches`);
    }
    for (let row = 0; row < rows; row++) {
      say(`row ${row}: ${showRow(made, row, tokenizer)}`);
    }
    const of = batches.numBatches === undefined ? "" : ` of ${batches.numBatches}`;
    say(
      `batch ${values.batch}${of}: ${made.rows} rows of ${made.cols}, ` +
        `${made.validTokens} scored; ${(100 * padding).toFixed(1)} % empty up to here`,
    );
    return 0;
  },
});

/** The lengths that `--buckets` lists. */
function bucketsOf({ buckets }: { buckets: string }): number[] {
  if (buckets === "") return [];
  const lengths = buckets.split(",").map(Number);
  if (lengths.every((length) => Number.isSafeInteger(length) && length > 0)) return lengths;
  throw new UsageError(`Cannot use --buckets ${buckets}: write lengths such as 16,32`);
}

/** Colours are for a terminal: in a pipe or a file they would be characters of the text. */
const hasColor = () => !Deno.noColor && Deno.stdout.isTerminal();

/** One row; without colours, tokens are divided by `|`. */
function showRow({ inputIds, segmentIds, mask, cols }: Batch, row: number, tokenizer: Tokenizer) {
  let shown = "";
  for (let col = 0; col < cols; col++) {
    const at = row * cols + col;
    if (mask[at] === 0) return `${shown}${BORDER}${cols - col} empty`;
    const isNew = col > 0 && segmentIds?.[at] !== segmentIds?.[at - 1];
    if (isNew) shown += BORDER;
    const token = JSON.stringify(tokenizer.decode([inputIds[at] as number])).slice(1, -1);
    if (hasColor()) shown += `${BACKGROUNDS[col % BACKGROUNDS.length]}${token}${RESET}`;
    else shown += isNew || col === 0 ? token : `|${token}`;
  }
  return shown;
}

/**
 * Plain text beside conversations: some rows of each step are of a folder of tokens.
 *
 * @module
 */
import { UsageError } from "../../cli/flags.ts";
import { openTokenFolder } from "../../run/token_folder.ts";
import { batch, type MixedText, resumePoint } from "../../stages/batch/mod.ts";
import { epochs } from "../../stages/store/mod.ts";

/** Options of {@linkcode openMixedText}. */
export interface MixedTextOptions {
  /** Folder of tokens, such as a run. */
  readonly tokens: string;
  /** Share of the rows. */
  readonly weight: number;
  /** Text of the tokenizer.json that the model has. */
  readonly tokenizerJson: string;
  /** B of a whole step, and T. */
  readonly rows: number;
  readonly cols: number;
  readonly seed: number;
}

/**
 * Opens the tokens.
 *
 * @throws {UsageError} when they were made with another tokenizer
 */
export async function openMixedText(
  { tokens, weight, tokenizerJson, rows, cols, seed }: MixedTextOptions,
): Promise<MixedText & AsyncDisposable> {
  const own = Math.min(rows - 1, Math.max(1, Math.round(rows * weight)));
  if (rows < 2) {
    throw new UsageError("Cannot use --text with --rows 1: each needs a row of its own");
  }
  await using resources = new AsyncDisposableStack();
  const { store, json, tokenizer } = resources.use(await openTokenFolder(tokens));
  if (json !== tokenizerJson) {
    throw new UsageError(
      `Cannot use --text ${tokens}: its tokens are of another tokenizer than the model's; special ` +
        "tokens that a chat template adds make another one too",
    );
  }
  const held = resources.move();
  return {
    rows: own,
    open: (cursor) =>
      ReadableStream.from<never>([])
        .pipeThrough(
          epochs({ store, order: "shuffled", seed, ...cursor && { start: resumePoint(cursor) } }),
        )
        .pipeThrough(
          batch({
            rows: own,
            cols,
            seed,
            vocabSize: tokenizer.vocabSize,
            ...cursor && { cursor },
          }),
        ),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

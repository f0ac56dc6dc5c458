/**
 * The held-out text for scoring a model.
 *
 * @module
 */
import { type DrawnPart, drawRows } from "../run/draw_rows.ts";
import { UsageError } from "../cli/flags.ts";
import { type Documents, heldOutRuns } from "../run/held_out.ts";
import type { RunPaths, RunSettings } from "../run/folder.ts";
import type { ScoredText } from "./score_texts.ts";
import type { TokenizerFile } from "../run/tokenizer_file.ts";
import { readValidation } from "../run/validation_file.ts";

/** Text sets: all held-out documents, or the run's validation set. */
export const TEXT_SETS = ["all", "validation"] as const;

/** Text to score. */
export interface EvaluationTexts {
  /** T */
  readonly cols: number;
  /** Its size, as far as known before reading. */
  readonly size: { readonly tokens: number } | { readonly documents: number };
  /** Reads from the beginning, in the order of the corpus. */
  read(): AsyncIterable<ScoredText>;
}

/** Options of {@linkcode openTexts}. */
export interface EvaluationTextsOptions {
  readonly paths: Pick<RunPaths, "root" | "validation">;
  readonly settings: Pick<RunSettings, "holdOut" | "seed" | "sources">;
  readonly journal: Documents;
  readonly tokenizer: TokenizerFile;
  readonly set: typeof TEXT_SETS[number];
  /** T, for a set that does not record it. */
  readonly cols: number;
  /** Rows to draw from all documents. */
  readonly maxRows: number | undefined;
}

/**
 * Opens the text to score.
 *
 * @throws {UsageError} when the run has not recorded the set
 */
export async function openTexts(options: EvaluationTextsOptions): Promise<EvaluationTexts> {
  const { paths, settings: { holdOut, seed, sources }, journal, tokenizer, maxRows } = options;
  if (options.set === "validation") {
    const recorded = await readValidation(paths.validation);
    if (recorded === undefined) {
      throw new UsageError(
        `Cannot evaluate on --set validation: ${paths.root} has none yet; training draws it`,
      );
    }
    if (recorded.tokenizer !== tokenizer.hash) {
      throw new Error(
        `Cannot evaluate on ${paths.validation}: it was drawn with a different tokenizer`,
      );
    }
    return textsOf(recorded.parts, recorded.cols);
  }
  const { cols } = options;
  const heldOut = { journal, rule: holdOut, tokenizer: tokenizer.tokenizer, sources };
  if (maxRows !== undefined) {
    return textsOf(await drawRows(heldOutRuns(heldOut), { seed, rows: maxRows, cols }), cols);
  }
  return { cols, size: { documents: journal.count }, read: () => heldOutRuns(heldOut) };
}

function textsOf(parts: readonly DrawnPart[], cols: number): EvaluationTexts {
  const inOrder = parts.toSorted((a, b) => a.place - b.place || a.part - b.part);
  const tokens = parts.reduce((sum, { ids }) => sum + ids.length - 1, 0);
  return { cols, size: { tokens }, read: () => ReadableStream.from(inOrder) };
}

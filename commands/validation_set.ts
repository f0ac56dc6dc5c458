/**
 * The validation set of a run: a few rows of held-out text, drawn once and the same from then on.
 *
 * @module
 */
import { evaluationBatches, EvaluationRows, type Ids } from "../stages/batch/mod.ts";
import type { Store } from "../stages/store/mod.ts";
import type { Batch } from "../stages/types.ts";
import { type DrawnPart, drawRows, type Origin } from "./draw_rows.ts";
import { type Documents, heldOutRuns } from "./held_out.ts";
import type { HoldOutRule } from "./hold_out.ts";
import type { RunPaths } from "./run_folder.ts";
import type { TokenizerFile } from "./tokenizer_file.ts";
import {
  type DrawRule,
  readValidation,
  type ValidationRecord,
  writeValidation,
} from "./validation_file.ts";

/**
 * Rows of a validation set. A validation takes as long as four or five steps of 12 such rows, and
 * the loss differs by some hundredths between two sets; docs/metrics.md has the figures.
 */
export const MAX_ROWS = 192;
/** Bytes of held-out text that a set is drawn from; of more, a part of the documents is looked at. */
const SAMPLE_BYTES = 16 * 2 ** 20;

/** How much of a set comes from one source. */
export interface SourceShare {
  readonly documents: number;
  /** Scored. */
  readonly tokens: number;
}

/** A set that can be read again and again. */
export interface ValidationSet {
  /** Always the same. */
  batches(): ReadableStream<Batch>;
  /** In the order of the draw. */
  readonly parts: readonly DrawnPart[];
  readonly documents: number;
  /** Rows that the parts fill. */
  readonly rows: number;
  /** Scored. */
  readonly tokens: number;
  /** Documents in the corpus when the set was drawn. */
  readonly corpus: number;
  /** By the names of `sourceOf`, most tokens first; empty where only tokens are known. */
  readonly perSource: ReadonlyMap<string, SourceShare>;
}

/** What {@linkcode openValidationSet} needs. */
export interface ValidationSetOptions {
  readonly paths: Pick<RunPaths, "validation">;
  readonly journal: Documents;
  readonly rule: HoldOutRule;
  readonly seed: number;
  readonly tokenizer: Pick<TokenizerFile, "tokenizer" | "hash">;
  /** The operands of the run. */
  readonly sources: readonly string[];
  /** B */
  readonly rows: number;
  /** T */
  readonly cols: number;
  /** Documents of the journal that are looked at; those that it holds now unless stated. */
  readonly count?: number;
}

/**
 * The recorded set of a run or, before its first step, one drawn from the held-out documents that
 * its journal holds by then, and recorded.
 *
 * @throws {Error} when the recorded set is damaged or was drawn by another rule
 */
export async function openValidationSet(options: ValidationSetOptions): Promise<ValidationSet> {
  const { paths, journal, rule: holdOut, seed, tokenizer, rows, cols } = options;
  const { count = journal.count } = options;
  return await open(paths.validation, {
    rows,
    rule: { holdOut, seed, tokenizer: tokenizer.hash, cols },
    corpus: count,
    runs: () =>
      heldOutRuns({
        ...{ journal, rule: holdOut, tokenizer: tokenizer.tokenizer, count },
        sources: options.sources,
        sample: { seed, bytes: SAMPLE_BYTES },
      }),
  });
}

/** The same for tokens without a corpus, drawn from the validation split of a store. */
export async function openStoredValidationSet(
  { paths, store, seed, tokenizer, rows, cols }: {
    readonly paths: Pick<RunPaths, "validation">;
    readonly store: Store;
    readonly seed: number;
    /** SHA-256 of tokenizer.json, hexadecimal. */
    readonly tokenizer: string;
    /** B */
    readonly rows: number;
    /** T */
    readonly cols: number;
  },
): Promise<ValidationSet> {
  async function* runs(): AsyncGenerator<Origin & { readonly ids: Ids }, void> {
    for await (const { docId, index, ids } of store.read({ split: "validation" })) {
      yield { docId, url: "", source: "", place: index, ids };
    }
  }
  return await open(paths.validation, {
    ...{ rows, runs, corpus: store.documents },
    rule: { holdOut: "split", seed, tokenizer, cols },
  });
}

async function open(
  path: string,
  { rule, rows, corpus, runs }: {
    rule: DrawRule;
    rows: number;
    corpus: number;
    runs: () => AsyncIterable<Origin & { readonly ids: Ids }>;
  },
): Promise<ValidationSet> {
  let record = await readValidation(path, rule);
  if (record === undefined) {
    const { seed, cols } = rule;
    const parts = await drawRows(runs(), { seed, cols, rows: MAX_ROWS });
    record = { ...rule, corpus, rows: MAX_ROWS, parts };
    await writeValidation(path, record);
  }
  return validationSet(record, { rows });
}

/** A recorded set, to be read in batches of B rows. */
export function validationSet(
  { parts, cols, corpus, rows: maxRows }: Omit<ValidationRecord, keyof DrawRule> & { cols: number },
  { rows }: { rows: number },
): ValidationSet {
  const packed = new EvaluationRows({ cols, maxRows });
  for (const { ids } of parts) packed.add(ids);
  return {
    batches: () =>
      evaluationBatches({ runs: ReadableStream.from(parts), rows, cols, windowRows: maxRows }),
    ...{ parts, corpus, rows: packed.rows.length },
    ...shareOf(parts),
    perSource: sharesOf(parts.filter(({ source }) => source !== "")),
  };
}

function shareOf(parts: readonly DrawnPart[]): SourceShare {
  return {
    documents: new Set(parts.map(({ docId }) => docId)).size,
    tokens: parts.reduce((sum, { ids }) => sum + ids.length - 1, 0),
  };
}

function sharesOf(parts: readonly DrawnPart[]): Map<string, SourceShare> {
  const bySource = [...Map.groupBy(parts, ({ source }) => source)];
  const shares = bySource.map(([source, parts]) => [source, shareOf(parts)] as const);
  return new Map(shares.sort(([, a], [, b]) => b.tokens - a.tokens));
}

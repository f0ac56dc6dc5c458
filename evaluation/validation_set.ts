/**
 * The validation set of a run: a few rows of held-out text, drawn once and the same from then on.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { evaluationBatches, EvaluationRows, type Ids } from "../stages/batch/mod.ts";
import type { Journal } from "../stages/journal/mod.ts";
import type { StoreReader } from "../stages/store/mod.ts";
import type { Batch } from "../stages/types.ts";
import { type DrawnPart, drawRows, type Origin } from "../run/draw_rows.ts";
import { heldOutRuns } from "../run/held_out.ts";
import { type HoldOutRule, splitter } from "../run/hold_out.ts";
import type { RunPaths, RunSettings } from "../run/folder.ts";
import { SAMPLE_CHARS, type TokenizerFile } from "../run/tokenizer_file.ts";
import {
  type DrawRule,
  readValidation,
  type ValidationRecord,
  writeValidation,
} from "../run/validation_file.ts";
import { warmUpChars, warmUpTokens } from "../run/warm_up.ts";

/**
 * Rows of a validation set. A validation takes as long as four or five steps of 12 such rows, and
 * the loss differs by some hundredths between two sets; docs/metrics.md has the figures.
 */
const MAX_ROWS = 192;
/** Held-out documents to wait for, where more may come. */
const MIN_HELD_OUT = 3;
/** Most bytes of held-out text to draw from; beyond that, from a sample of the documents. */
const SAMPLE_BYTES = 16 * 2 ** 20;

/** How much of a set comes from one source. */
export interface SourceShare {
  readonly documents: number;
  /** Scored. */
  readonly tokens: number;
}

/** A set that can be read repeatedly. */
export interface ValidationSet {
  /** Batches, the same at every call. */
  batches(): ReadableStream<Batch>;
  /** Parts in the order of the draw. */
  readonly parts: readonly DrawnPart[];
  readonly documents: number;
  /** Rows that the parts fill. */
  readonly rows: number;
  /** Scored. */
  readonly tokens: number;
  /** Documents in the corpus when the set was drawn. */
  readonly corpus: number;
  /** Shares by the names of `sourceOf`, most tokens first; empty where only tokens are known. */
  readonly perSource: ReadonlyMap<string, SourceShare>;
}

/** Settings of a run that determine its set. */
export type ValidationSettings = Pick<
  RunSettings,
  | "holdOut"
  | "seed"
  | "init"
  | "order"
  | "warmUpCorpus"
  | "sources"
  | "preset"
  | "context"
  | "steps"
  | "gradAccumulation"
>;

/** Options of {@linkcode openValidationSet}. */
export interface ValidationSetOptions {
  readonly paths: Pick<RunPaths, "validation">;
  readonly journal: Journal;
  readonly settings: ValidationSettings;
  readonly tokenizer: Pick<TokenizerFile, "tokenizer" | "hash">;
  /** B */
  readonly rows: number;
  /** T */
  readonly cols: number;
  /** Ends the wait for documents. */
  readonly signal?: AbortSignal;
}

/**
 * The recorded set of a run. Before the first step it is drawn and recorded, from the held-out
 * documents among those with which training begins, once these are stored.
 *
 * @throws {Error} when the recorded set is damaged or was drawn by another rule
 */
export async function openValidationSet(options: ValidationSetOptions): Promise<ValidationSet> {
  const { paths, journal, settings, tokenizer, rows, cols, signal } = options;
  const { holdOut, seed, sources } = settings;
  return await open(paths.validation, {
    rows,
    rule: { holdOut, seed, tokenizer: tokenizer.hash, cols },
    async corpus() {
      const chars = charsBefore(settings);
      const wait = { chars, rule: holdOut, ...(signal ? { signal } : {}) };
      const first = await firstDocuments(journal, wait);
      const runs = heldOutRuns({
        journal,
        rule: holdOut,
        tokenizer: tokenizer.tokenizer,
        sources,
        ...first,
        sample: { seed, bytes: SAMPLE_BYTES },
      });
      return { documents: first.count, runs };
    },
  });
}

/**
 * Code units of text to store before training begins; the tokenizer of the run is learned from as
 * many. With the tokenizer of `--init`, training waits for tokens, each of at least one code unit.
 */
function charsBefore(settings: ValidationSettings): number {
  if (settings.init !== "") return warmUpTokens(settings);
  return settings.order === "stored" ? SAMPLE_CHARS : warmUpChars(settings);
}

/**
 * Waits until the journal is complete or has that much text and enough held-out documents; returns its
 * documents and bytes then.
 */
async function firstDocuments(
  journal: Journal,
  { chars, rule, signal }: { chars: number; rule: HoldOutRule; signal?: AbortSignal },
): Promise<{ count: number; bytes: number }> {
  if (journal.sealed && journal.bytes <= chars) {
    return { count: journal.count, bytes: journal.bytes };
  }
  const splitOf = splitter(rule);
  let count = 0, bytes = 0, passed = 0, heldOut = 0;
  const follow = { follow: true, ...(signal ? { signal } : {}) };
  for await (const document of journal.documents(follow)) {
    const { text } = document;
    if (splitOf(count++, document) === "validation") heldOut++;
    bytes += Buffer.byteLength(text);
    passed += text.length;
    if (passed >= chars && heldOut >= MIN_HELD_OUT) break;
  }
  return { count, bytes };
}

/** The same for tokens without a corpus, drawn from the validation split of a store. */
export async function openStoredValidationSet(
  { paths, store, seed, tokenizer, rows, cols }: {
    readonly paths: Pick<RunPaths, "validation">;
    readonly store: StoreReader;
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
    rows,
    corpus: () => Promise.resolve({ documents: store.documents, runs: runs() }),
    rule: { holdOut: "split", seed, tokenizer, cols },
  });
}

async function open(
  path: string,
  { rule, rows, corpus }: {
    rule: DrawRule;
    rows: number;
    /** Number of its documents, and those of them that are held out. */
    corpus: () => Promise<{
      documents: number;
      runs: AsyncIterable<Origin & { readonly ids: Ids }>;
    }>;
  },
): Promise<ValidationSet> {
  let record = await readValidation(path, rule);
  if (record === undefined) {
    const { seed, cols } = rule;
    const { documents, runs } = await corpus();
    const parts = await drawRows(runs, { seed, cols, rows: MAX_ROWS });
    record = { ...rule, corpus: documents, rows: MAX_ROWS, parts };
    await writeValidation(path, record);
  }
  return validationSet(record, { rows });
}

/** A recorded set, read in batches of B rows. */
function validationSet(
  { parts, cols, corpus, rows: maxRows }: Omit<ValidationRecord, keyof DrawRule> & { cols: number },
  { rows }: { rows: number },
): ValidationSet {
  const packed = new EvaluationRows({ cols, maxRows });
  for (const { ids } of parts) packed.add(ids);
  return {
    batches: () =>
      evaluationBatches({ runs: ReadableStream.from(parts), rows, cols, windowRows: maxRows }),
    parts,
    corpus,
    rows: packed.rows.length,
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

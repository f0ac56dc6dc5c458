/**
 * The middle of the pipeline: stored documents in, batches to train on out.
 *
 * @module
 */
import { batch, resumePoint } from "../stages/batch/mod.ts";
import type { StageMeter } from "../stages/meter.ts";
import { epochs, type Store, store } from "../stages/store/mod.ts";
import { type Encoders, tokenize } from "../stages/tokenize/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { Barrier, Batch, Document } from "../stages/types.ts";
import type { TrainingState } from "../stages/train/mod.ts";
import { watched } from "../stages/watched.ts";
import { splitter } from "../run/hold_out.ts";
import type { RunSettings } from "../run/folder.ts";

/** What {@linkcode batchFlow} needs; all of it is borrowed. */
export interface BatchFlowOptions {
  readonly settings: RunSettings;
  readonly tokenizer: Tokenizer;
  readonly encoders: Encoders;
  readonly tokens: Store;
  readonly rows: number;
  readonly cols: number;
  /** Tokens of the train split at which training may begin while documents still come. */
  readonly warmUpTokens: number;
  /** Tokens that training will ask for. */
  readonly plannedTokens: number;
  /** Where to go on from. */
  readonly state: Pick<TrainingState, "cursor" | "cursors">;
  readonly meters: Readonly<Record<"tokenize" | "store" | "batch", StageMeter>>;
}

/** Tokenizes, stores and packs `documents`; further epochs come from the store. */
export function batchFlow(
  documents: ReadableStream<Document | Barrier>,
  options: BatchFlowOptions,
): ReadableStream<Batch> {
  const { settings, tokenizer, encoders, tokens, rows, cols, meters } = options;
  const { warmUpTokens, plannedTokens } = options;
  const { cursor, cursors } = options.state;
  const live = documents
    .pipeThrough(watched(
      tokenize<Barrier>({
        tokenizer,
        encoders,
        split: splitter(settings.holdOut),
        startIndex: tokens.documents,
        meter: meters.tokenize,
      }),
      meters.tokenize,
    ))
    .pipeThrough(watched(store<Barrier>({ store: tokens, meter: meters.store }), meters.store));
  const { order, seed } = settings;
  return epochs<Barrier>({
    ...{ store: tokens, live, order, seed, warmUpTokens, plannedTokens },
    ...(cursor ? { start: resumePoint(cursor) } : {}),
  })
    .pipeThrough(watched(
      batch<Barrier>({
        cursors,
        rows,
        cols,
        seed,
        growing: order === "stored",
        vocabSize: tokenizer.vocabSize,
        meter: meters.batch,
        ...(cursor ? { cursor } : {}),
      }),
      meters.batch,
    ));
}

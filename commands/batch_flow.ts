/**
 * The middle of the pipeline: stored documents in, batches to train on out.
 *
 * @module
 */
import { batch, resumePoint } from "../stages/batch/mod.ts";
import type { StageMeter } from "../stages/meter.ts";
import { epochs, type Store, store } from "../stages/store/mod.ts";
import { type Encoders, tokenize, type Tokenizer } from "../stages/tokenize/mod.ts";
import type { Barrier, Batch, Document } from "../stages/types.ts";
import type { TrainingState } from "../stages/train/mod.ts";
import { watched } from "../stages/watched.ts";
import { splitter } from "./hold_out.ts";
import type { RunSettings } from "./run_folder.ts";

/** What {@linkcode batchFlow} needs; all of it is borrowed. */
export interface BatchFlowOptions {
  readonly settings: RunSettings;
  readonly tokenizer: Tokenizer;
  readonly encoders: Encoders;
  readonly tokens: Store;
  readonly rows: number;
  readonly cols: number;
  /** Where to go on from. */
  readonly state: Pick<TrainingState, "cursor" | "cursors">;
  readonly meters: Readonly<Record<"tokenize" | "store" | "batch", StageMeter>>;
}

/** Tokenizes, stores and packs `documents`; further epochs come from the store. */
export function batchFlow(
  documents: ReadableStream<Document | Barrier>,
  { settings, tokenizer, encoders, tokens, rows, cols, state, meters }: BatchFlowOptions,
): ReadableStream<Batch> {
  const { cursor, cursors } = state;
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
  return epochs<Barrier>({
    store: tokens,
    live,
    ...(cursor ? { start: resumePoint(cursor) } : {}),
  })
    .pipeThrough(watched(
      batch<Barrier>({
        cursors,
        rows,
        cols,
        seed: settings.seed,
        vocabSize: tokenizer.vocabSize,
        meter: meters.batch,
        ...(cursor ? { cursor } : {}),
      }),
      meters.batch,
    ));
}

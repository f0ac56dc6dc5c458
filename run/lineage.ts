/**
 * Recomputes what a run trained on from its files.
 *
 * @module
 */
import { batch, passesOf, readCursor } from "../stages/batch/mod.ts";
import { epochs, type StoreReader } from "../stages/store/mod.ts";
import type { Batch, Cursor, EpochRun } from "../stages/types.ts";

/** Options of {@linkcode replayBatches}. */
export interface ReplayOptions {
  readonly store: StoreReader;
  /** Cursor of any checkpoint of the run, which has the options of its batches. */
  readonly cursor: Cursor;
  /** Every id must be below. */
  readonly vocabSize: number;
  /** Replaces a document's tokens by as many others; the tokens themselves by default. */
  readonly ids?: (run: EpochRun) => Uint16Array | Uint32Array;
  /** Number of steps. */
  readonly steps: number;
}

/** The batches of steps 1 to `steps`, bit for bit as in training. */
export async function* replayBatches(
  { store, cursor, vocabSize, ids = (run) => run.ids, steps }: ReplayOptions,
): AsyncGenerator<Batch, void> {
  const { buckets, ...shape } = readCursor(cursor).shape;
  const passes = passesOf(cursor);
  const runs = ReadableStream.from<never>([]).pipeThrough(epochs({
    store,
    seed: shape.seed,
    // Only the shuffled order depends on the sizes of passes.
    ...(passes
      ? { order: "shuffled", start: { epoch: 0, place: 0, passes } }
      : { order: "stored" }),
  }));
  const batches = runs
    .pipeThrough(
      new TransformStream<EpochRun, EpochRun>({
        transform: (run, controller) => controller.enqueue({ ...run, ids: ids(run) }),
      }),
    )
    .pipeThrough(batch({
      ...shape,
      ...(buckets === undefined ? {} : { buckets: buckets.split(",").map(Number) }),
      vocabSize,
    }));
  let step = 0;
  if (steps < 1) return;
  for await (const each of batches) {
    yield each;
    if (++step === steps) return;
  }
}

/** Number of target tokens by document. */
export type TokensByDocument = ReadonlyMap<number, number>;

/**
 * Which documents each step trained on, by their place in the train split.
 *
 * Makes the batches again with each token replaced by the number of its document: the place of a token
 * depends on the lengths of documents alone.
 */
export async function* replayDocuments(
  { store, cursor, steps }: Pick<ReplayOptions, "store" | "cursor" | "steps">,
): AsyncGenerator<TokensByDocument, void> {
  const batches = replayBatches({
    store,
    cursor,
    steps,
    vocabSize: store.count("train"),
    ids: ({ ids, index }) => new Uint32Array(ids.length).fill(index),
  });
  for await (const { targetIds, mask } of batches) {
    const tokens = new Map<number, number>();
    for (const [i, document] of targetIds.entries()) {
      if (mask[i] === 1) tokens.set(document, (tokens.get(document) ?? 0) + 1);
    }
    yield tokens;
  }
}

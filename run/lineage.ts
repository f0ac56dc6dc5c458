/**
 * What a run trained on, computed again from what it left on the disk.
 *
 * @module
 */
import { batch, passesOf, readCursor } from "../stages/batch/mod.ts";
import { epochs, type StoreReader } from "../stages/store/mod.ts";
import type { Batch, Cursor, EpochRun } from "../stages/types.ts";

/** What {@linkcode replayBatches} reads. */
export interface ReplayOptions {
  readonly store: StoreReader;
  /** Of any checkpoint of the run: how its batches are made stands in it. */
  readonly cursor: Cursor;
  /** Every id must be below. */
  readonly vocabSize: number;
  /** What stands for a document's tokens, as many as there are; the tokens themselves by default. */
  readonly ids?: (run: EpochRun) => Uint16Array | Uint32Array;
  /** Steps wanted. */
  readonly steps: number;
}

/** The batches of steps 1 to `steps`, bit for bit as they were trained on. */
export async function* replayBatches(
  { store, cursor, vocabSize, ids = (run) => run.ids, steps }: ReplayOptions,
): AsyncGenerator<Batch, void> {
  const { buckets, ...shape } = readCursor(cursor).shape;
  const passes = passesOf(cursor);
  const runs = ReadableStream.from<never>([]).pipeThrough(epochs({
    store,
    seed: shape.seed,
    // Only a shuffled order depends on the sizes of passes.
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

/** How many tokens of which document were scored. */
export type TokensByDocument = ReadonlyMap<number, number>;

/**
 * Which documents each step trained on, by their place in the train split.
 *
 * The batches are made once more with each token replaced by the number of its document: where a
 * token ends up depends on the lengths of documents alone.
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

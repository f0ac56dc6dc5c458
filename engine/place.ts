/**
 * What a scheduler keeps of a generation.
 *
 * @module
 */
import type { Engine, Sequence, SequenceOptions } from "./engine.ts";
import type { Entry } from "./fair_queue.ts";
import type { Stepped } from "./step_share.ts";

/** A generation that waits or runs. */
export interface Place extends Stepped {
  readonly promptIds: ArrayLike<number>;
  readonly options: SequenceOptions;
  readonly admitted: PromiseWithResolvers<void>;
  /** There while it waits. */
  entry?: Entry<Place>;
  /** There once it runs. */
  running?: { readonly engine: Engine; readonly sequence: Sequence };
  wanted?: PromiseWithResolvers<Float32Array>;
  isReading: boolean;
  tokens: number;
  /** What may follow its text. */
  draft: readonly number[];
  ended: boolean;
  /** Why, where it did not end by itself. */
  reason?: unknown;
  release: () => void;
}

/** The drafts of places that share a step, of `most` tokens together. */
export function draftsOf(places: readonly Place[], most: number): (readonly number[])[] {
  let left = most;
  return places.map(({ draft }) => {
    const read = draft.slice(0, left);
    left -= read.length;
    return read;
  });
}

/**
 * What the passes over a store depend on.
 *
 * @module
 */

import type { PassSize } from "../types.ts";
import type { StoreReader } from "./reader.ts";

/**
 * Orders in which a pass goes over the corpus: `shuffled`, a permutation of all its documents, or
 * `stored`, the order in which they came, for a curriculum.
 */
export const ORDERS = ["shuffled", "stored"] as const;
/** One of {@linkcode ORDERS}. */
export type Order = typeof ORDERS[number];

/** Choices for {@linkcode epochs}. */
export interface EpochsOptions {
  /** Borrowed; it must have taken each run before that arrives. */
  readonly store: StoreReader;
  /** Whether a pass shuffles the documents or keeps the order of the store. */
  readonly order: Order;
  /** Decides the shuffled order; 0 unless stated. */
  readonly seed?: number;
  /**
   * `shuffled`: tokens of the train split at which the first pass begins although runs still arrive;
   * once the input has ended unless stated.
   */
  readonly warmUpTokens?: number;
  /** `shuffled`: tokens that will be asked for in all; a pass waits for no more than them. */
  readonly plannedTokens?: number;
  /**
   * `shuffled`: pairs of neighbouring tokens of a document that come together; a longer one comes in
   * parts, of which each begins with the last token of the one before. 4,096 unless stated.
   */
  readonly partPairs?: number;
  /** First run wanted, with the sizes of the passes up to it; the very first unless stated. */
  readonly start?: {
    readonly epoch: number;
    /** 0-based place in the pass. */
    readonly place: number;
    readonly passes?: readonly PassSize[];
  };
  /** Passes over the corpus; without end unless stated. */
  readonly maxEpochs?: number;
}

/** @throws {Error} when there is nothing to train on */
export function refuseEmpty(store: StoreReader): void {
  if (store.count("train") > 0) return;
  throw new Error("Cannot start training: the corpus has no document in its train split");
}

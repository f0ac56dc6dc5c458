/**
 * Options of the passes over a store.
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
  /** Borrowed; it must contain each run before the run arrives here. */
  readonly store: StoreReader;
  /** Whether a pass shuffles the documents or keeps the order of the store. */
  readonly order: Order;
  /** Seed of the shuffled order; 0 by default. */
  readonly seed?: number;
  /**
   * `shuffled`: tokens of the train split at which the first pass begins although runs still arrive;
   * by default once the input has ended.
   */
  readonly warmUpTokens?: number;
  /** `shuffled`: total tokens that the run needs; a pass waits for no more. */
  readonly plannedTokens?: number;
  /**
   * `shuffled`: pairs of neighbouring tokens of a document that come together; a longer one comes in
   * parts, of which each begins with the last token of the one before; 4,096 by default.
   */
  readonly partPairs?: number;
  /** First run to send, with the sizes of the passes up to it; the very first by default. */
  readonly start?: {
    readonly epoch: number;
    /** 0-based place in the pass. */
    readonly place: number;
    readonly passes?: readonly PassSize[];
  };
  /** Passes over the corpus; endless by default. */
  readonly maxEpochs?: number;
}

/** @throws {Error} when there is nothing to train on */
export function refuseEmpty(store: StoreReader): void {
  if (store.count("train") > 0) return;
  throw new Error("Cannot start training: the corpus has no document in its train split");
}

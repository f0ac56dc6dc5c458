/**
 * Barriers: marks among the data that say where each stage above stood when they passed it.
 *
 * A source sends one now and then; each stage hands it on in its place, with its own cursor added,
 * and what reaches the batches, and with them the checkpoint, is a place of the whole pipeline.
 * Stages take and send barriers only where their caller asks, by the type parameter `B`.
 *
 * @module
 */

import type { Barrier, Cursors, Stage } from "./types.ts";

/** Bytes that a source hands on between two barriers, unless told otherwise. */
export const BARRIER_BYTES = 4 * 2 ** 20;

/**
 * Tells a barrier from what flows with it.
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { isBarrier, stamp } from "./barrier.ts";
 * const barrier = stamp({ cursors: { read: { pages: 3 } } }, { refine: { texts: 2 } });
 * assert(isBarrier(barrier));
 * assertEquals(Object.keys(barrier.cursors), ["read", "refine"]);
 * ```
 */
export function isBarrier<T extends object, B extends Barrier>(value: T | B): value is B {
  return "cursors" in value;
}

/** A stage that sends barriers where it is sent some, and none otherwise, as its type says. */
export function among<In, Out>(
  stage: ReadableWritablePair<Out | Barrier, In | Barrier>,
): Stage<In, Out> {
  return stage as Stage<In, Out>;
}

/** The barrier with more cursors; those it has already are replaced. */
export function stamp<B extends Barrier>(barrier: B, cursors: Cursors): B {
  return { ...barrier, cursors: { ...barrier.cursors, ...cursors } };
}

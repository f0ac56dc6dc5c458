/**
 * Barriers: control values in the stream that record the position of each stage they have passed.
 *
 * A source sends one at intervals; each stage passes it on in order, with its own cursor added, and
 * what reaches the batches, and with them the checkpoint, is a position of the whole pipeline. Sources
 * send barriers only where their caller gives them one; a stage sends those that it receives.
 *
 * @module
 */

import type { Barrier, Cursors, Stage } from "./types.ts";

/** Default bytes that a source sends between two barriers. */
export const BARRIER_BYTES = 4 * 2 ** 20;

/**
 * Tells a barrier from the data around it.
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

/** A stage that sends barriers if and only if it receives some, by its type. */
export function among<In, Out>(
  stage: ReadableWritablePair<Out | Barrier, In | Barrier>,
): Stage<In, Out> {
  return stage as Stage<In, Out>;
}

/** The barrier with added cursors, which replace those of the same name. */
export function stamp<B extends Barrier>(barrier: B, cursors: Cursors): B {
  return { ...barrier, cursors: { ...barrier.cursors, ...cursors } };
}

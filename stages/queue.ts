/**
 * How much may wait between two stages: so many bytes, characters or tokens, never a number of items,
 * whose sizes differ by orders of magnitude.
 *
 * @module
 */

import { isBarrier } from "./barrier.ts";
import type { Barrier } from "./types.ts";

/** What a barrier counts as: its cursors, roughly. Without a size of its own, endless ones would fit. */
const BARRIER_SIZE = 1024;

/**
 * A queue that takes values until their sizes reach `limit`. A value larger than that still passes,
 * alone: the queue is full with it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bounded } from "./queue.ts";
 * const { writable } = new TransformStream(
 *   {},
 *   bounded(100, ({ text }: { text: string }) => text.length),
 * );
 * const writer = writable.getWriter();
 * writer.write({ text: "x".repeat(60) });
 * assertEquals(writer.desiredSize, 40);
 * ```
 */
export function bounded<T extends object>(
  limit: number,
  size: (value: T) => number,
): QueuingStrategy<T | Barrier> {
  return {
    highWaterMark: limit,
    size: (value) => isBarrier<T, Barrier>(value as T | Barrier) ? BARRIER_SIZE : size(value as T),
  };
}

/** A queue that hands its values on as they are, and fills also while nobody reads from it. */
export function queue<T>(strategy: QueuingStrategy<T>): TransformStream<T, T> {
  // Stated, since a stream without a function takes nothing in before it is read from.
  return new TransformStream<T, T>(
    { transform: (value, controller) => controller.enqueue(value) },
    strategy,
  );
}

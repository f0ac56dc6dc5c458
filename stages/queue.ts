/**
 * Bounds of the queues between stages, in bytes, characters or tokens, and never in items, whose
 * sizes differ by orders of magnitude.
 *
 * @module
 */

import { isBarrier } from "./barrier.ts";
import type { Barrier } from "./types.ts";

/** Size of a barrier, roughly that of its cursors; with size 0 the queue would not bound them. */
const BARRIER_SIZE = 1024;

/**
 * A strategy that accepts values until their sizes reach `limit`. A larger value passes alone, and
 * fills the queue.
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

/** A queue that passes values on unchanged, and fills even before it is read. */
export function queue<T>(strategy: QueuingStrategy<T>): TransformStream<T, T> {
  // Explicit, because a stream without a transform accepts nothing before it is read.
  return new TransformStream<T, T>(
    { transform: (value, controller) => controller.enqueue(value) },
    strategy,
  );
}

/**
 * Shares the main thread: what takes long is done in slices, those of whoever has had least of the
 * thread first, and while texts are being generated the slices lie apart. So nobody's request, however
 * it is made, holds up the tokens of the others.
 *
 * @module
 */
import { setImmediate, setTimeout } from "node:timers/promises";
import { FairQueue } from "./fair_queue.ts";

/** Work that yields wherever it may be interrupted, at least every few tenths of a millisecond. */
export type Steps<T> = Generator<void, T>;

/** Does work, in slices or at once. */
export type RunSteps = <T>(work: Steps<T>) => Promise<T>;

/** Longest slice while texts are being generated, and otherwise. */
const SLICE_MS = 0.5, IDLE_SLICE_MS = 4;
/** From one slice to the next while texts are being generated: so many times its length. */
const REST = 4;
/** At least and at most, as whoever has the processor instead may make a slice long. */
const REST_MS = 2, LONG_REST_MS = 4;
/** Texts are still being generated so long after one: who asks for one after the other pauses. */
const PAUSE_MS = 50;

/** Choices for {@linkcode Turns}. */
export interface TurnsOptions {
  /** Whether others need the thread more than what is sliced. */
  readonly isBusy?: () => boolean;
}

/**
 * Whose slice is next.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Turns } from "./turns.ts";
 * function* sum(count: number) {
 *   let total = 0;
 *   for (let i = 0; i < count; i++) {
 *     total += i;
 *     if (i % 1000 === 0) yield;
 *   }
 *   return total;
 * }
 * assertEquals(await new Turns().run(sum(10_000)), 49_995_000);
 * ```
 */
export class Turns {
  readonly #needed: () => boolean;
  /** Who waits for a slice, by the time that each client has had. */
  readonly #waiting = new FairQueue<{ resolve: () => void; usedMs: number }>();
  #handsOut = false;
  #lastBusy = -Infinity;
  /** When the last slice ended, and how long it took. */
  #ended = -Infinity;
  #usedMs = 0;

  /** Slices lie apart while `isBusy` says so; unless it is given they never do. */
  constructor({ isBusy = () => false }: TurnsOptions = {}) {
    this.#needed = isBusy;
  }

  /**
   * Does the work of a client; its first slice at once.
   *
   * @throws what the work throws, or the abort reason
   */
  async run<T>(
    work: Steps<T>,
    { client = "", signal }: { client?: string; signal?: AbortSignal } = {},
  ): Promise<T> {
    for (;;) {
      const begun = performance.now();
      const done = slice(work, this.isBusy ? SLICE_MS : IDLE_SLICE_MS);
      this.#ended = performance.now();
      this.#usedMs = this.#ended - begun;
      if (done) return done.value;
      await this.next(client, this.#usedMs);
      signal?.throwIfAborted();
    }
  }

  /** Settles when it is the client's turn for a slice, after one that took `usedMs`. */
  async next(client: string, usedMs: number = SLICE_MS): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ resolve, usedMs }, { client, cost: usedMs });
    if (!this.#handsOut) void this.#handOut();
    await promise;
  }

  /** Hands out turns until nobody waits. Never rejects. */
  async #handOut(): Promise<void> {
    this.#handsOut = true;
    for (let restMs = REST_MS;;) {
      // Where the event loop has something to do at once, Deno looks at its sockets every sixty turns
      // only; while it waits for a timer it looks at them.
      await setTimeout(this.isBusy ? restMs : 0);
      // Half of the thread at most, however long a step was.
      const early = this.#ended + this.#usedMs - performance.now();
      if (early > SLICE_MS) await setTimeout(early);
      const next = this.#waiting.peek();
      if (!next) break;
      this.#waiting.take(next);
      next.item.resolve();
      restMs = Math.min(LONG_REST_MS, Math.max(REST_MS, REST * next.item.usedMs));
    }
    this.#handsOut = false;
  }

  /** Whether others need the thread more, or did a moment ago. */
  get isBusy(): boolean {
    const now = performance.now();
    if (this.#needed()) this.#lastBusy = now;
    return now - this.#lastBusy < PAUSE_MS;
  }
}

/** Works for a slice; what has come out if that was the end of it. */
function slice<T>(work: Steps<T>, longestMs: number): { value: T } | undefined {
  const until = performance.now() + longestMs;
  do {
    const { done, value } = work.next();
    if (done) return { value };
  } while (performance.now() < until);
  return undefined;
}

/** Longest time for which sockets wait. */
const SOCKETS_MS = 5;
let looked = 0;

/**
 * A turn of the event loop between two pieces of work that hold the thread; every few milliseconds
 * one in which it looks at its sockets, too, which it does for certain only where it waits.
 */
export async function turnOver(): Promise<void> {
  if (performance.now() - looked < SOCKETS_MS) return await setImmediate();
  await setTimeout(0);
  looked = performance.now();
}

/** Does all of the work at once. */
export function atOnce<T>(work: Steps<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

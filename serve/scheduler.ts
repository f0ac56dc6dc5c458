/**
 * Shares one engine among many generations: admits them in order of arrival, a bounded number at
 * once, and brings all of them forward token by token, so that a long one never holds up the rest.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import type { Engine, Sequence } from "./engine.ts";

/** How much a {@linkcode Scheduler} takes on. */
export interface SchedulerLimits {
  /** Sequences generated at the same time; each holds a key/value cache. */
  readonly maxRunning?: number;
  /** Generations that wait for one of those to end; more are refused. */
  readonly maxWaiting?: number;
}

/** Thrown when the queue is full: try again later. */
export class QueueFullError extends Error {
  override name = "QueueFullError";
}

/** One admitted generation. Disposing or aborting it frees its place and its cache. */
export interface Slot extends Disposable {
  /**
   * Logits `[V]` of the next token; valid until the caller next awaits something. Pass the token
   * that was chosen from the logits before, except the first time.
   *
   * @throws the abort reason, or what the engine threw
   */
  next(chosen?: number): Promise<Float32Array>;
}

interface Place {
  readonly sequence: Sequence;
  freed: boolean;
}

/**
 * The queue before an engine and the loop that drives it.
 *
 * @example
 * ```ts
 * import type { Engine } from "./engine.ts";
 * import { Scheduler } from "./scheduler.ts";
 * async function firstLogits(engine: Engine): Promise<Float32Array> {
 *   using slot = await new Scheduler(engine).admit([1, 2, 3]);
 *   return await slot.next();
 * }
 * ```
 */
export class Scheduler {
  readonly engine: Engine;
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  readonly #waiting = new Set<() => void>();
  readonly #wanted = new Map<Place, PromiseWithResolvers<Float32Array>>();
  #inStep: readonly Place[] = [];
  #running = 0;
  #driving = false;

  /** @throws {RangeError} naming the limit that is not an integer in range */
  constructor(engine: Engine, { maxRunning = 8, maxWaiting = 64 }: SchedulerLimits = {}) {
    if (!Number.isInteger(maxRunning) || maxRunning < 1) {
      throw new RangeError(
        `Cannot schedule: maxRunning must be an integer >= 1, got ${maxRunning}`,
      );
    }
    if (!Number.isInteger(maxWaiting) || maxWaiting < 0) {
      throw new RangeError(
        `Cannot schedule: maxWaiting must be an integer >= 0, got ${maxWaiting}`,
      );
    }
    this.engine = engine;
    this.#maxRunning = maxRunning;
    this.#maxWaiting = maxWaiting;
  }

  /** Admitted generations. */
  get running(): number {
    return this.#running;
  }

  /** Generations in the queue. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Waits for a place and begins a sequence there. `signal` ends the waiting as well as the
   * generation.
   *
   * @throws {QueueFullError} when too many wait already
   * @throws {RangeError} when the engine refuses the prompt
   */
  async admit(
    promptIds: ArrayLike<number>,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<Slot> {
    signal?.throwIfAborted();
    if (this.#running < this.#maxRunning) this.#running++;
    else await this.#wait(signal);
    try {
      return this.#slot(this.engine.createSequence(promptIds), signal);
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.size >= this.#maxWaiting) {
      throw new QueueFullError(
        `Cannot take the request: ${this.#running} are running and ${this.#waiting.size} waiting`,
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      this.#waiting.delete(enter);
      reject(signal?.reason);
    };
    const enter = () => {
      signal?.removeEventListener("abort", leave);
      resolve();
    };
    signal?.addEventListener("abort", leave, { once: true });
    this.#waiting.add(enter);
    return promise;
  }

  /** Hands a free place to whoever has waited longest. */
  #release(): void {
    const [enter] = this.#waiting;
    if (!enter) {
      this.#running--;
      return;
    }
    this.#waiting.delete(enter);
    enter();
  }

  #slot(sequence: Sequence, signal: AbortSignal | undefined): Slot {
    const place: Place = { sequence, freed: false };
    const end = () => {
      if (place.freed) return;
      place.freed = true;
      signal?.removeEventListener("abort", abort);
      this.#wanted.delete(place);
      // The engine is still reading a sequence in a step; #drive frees it right after.
      if (!this.#inStep.includes(place)) this.#free(place);
    };
    const abort = () => {
      this.#wanted.get(place)?.reject(signal?.reason);
      end();
    };
    signal?.addEventListener("abort", abort, { once: true });
    return {
      next: async (chosen) => {
        signal?.throwIfAborted();
        if (chosen !== undefined) sequence.append(chosen);
        const wanted = Promise.withResolvers<Float32Array>();
        this.#wanted.set(place, wanted);
        if (!this.#driving) void this.#drive();
        return await wanted.promise;
      },
      [Symbol.dispose]: end,
    };
  }

  #free(place: Place): void {
    place.sequence[Symbol.dispose]();
    this.#release();
  }

  /** Steps all who want logits, until nobody does. Never rejects. */
  async #drive(): Promise<void> {
    this.#driving = true;
    for (;;) {
      // Everyone served by the last step has now asked again, so that they step together.
      await setImmediate();
      if (this.#wanted.size === 0) break;
      this.#inStep = [...this.#wanted.keys()];
      await this.#step(this.#inStep);
      const left = this.#inStep.filter((place) => place.freed);
      this.#inStep = [];
      for (const place of left) this.#free(place);
    }
    this.#driving = false;
  }

  async #step(places: readonly Place[]): Promise<void> {
    let logits: (Float32Array | undefined)[];
    try {
      logits = await this.engine.step(places.map(({ sequence }) => sequence));
    } catch (error) {
      for (const place of places) {
        this.#wanted.get(place)?.reject(error);
        this.#wanted.delete(place);
      }
      return;
    }
    for (const [i, place] of places.entries()) {
      const result = logits[i];
      if (!result) continue; // more of its prompt is left
      this.#wanted.get(place)?.resolve(result);
      this.#wanted.delete(place);
    }
  }
}

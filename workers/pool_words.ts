/**
 * Words of shared memory through which a pool of workers goes through rounds together. Every word has
 * one meaning and every wait is finite, so that a worker that fails cannot leave the others asleep for
 * ever.
 *
 * @module
 */

/** Indices into the Int32 control area, a cache line apart where several write. */
export const PoolWord = {
  /** Counts rounds; workers wait for it to change. */
  round: 0,
  /** Equals `round` when that is complete; the owner awaits it. */
  done: 16,
  /** 1 once any worker has failed. */
  poison: 32,
  /** 1 when workers are to leave. */
  stop: 33,
  /** Workers done with the round. */
  arrivals: 48,
  /** From here on words belong to whoever uses the pool. */
  own: 64,
} as const;

/** Milliseconds between looks at the poison word while asleep. */
const POISON_CHECK_MS = 200;

/** Thrown in a worker that waits for one that has failed. */
export class PoisonedError extends Error {
  override readonly name = "PoisonedError";
}

/**
 * Blocks the worker until `words[index]` is `value`, looking `spins` times before it sleeps; throws
 * {@linkcode PoisonedError} on poison.
 */
export function waitFor(words: Int32Array, index: number, value: number, spins = 0): void {
  for (let spin = 0; spin < spins; spin++) {
    if (Atomics.load(words, index) === value) return;
  }
  for (;;) {
    const current = Atomics.load(words, index);
    if (current === value) return;
    if (Atomics.load(words, PoolWord.poison) !== 0) {
      throw new PoisonedError("Cannot go on: another worker has failed");
    }
    Atomics.wait(words, index, current, POISON_CHECK_MS);
  }
}

/** Publishes `value` and wakes whoever waits for it. */
export function publish(words: Int32Array, index: number, value: number): void {
  Atomics.store(words, index, value);
  Atomics.notify(words, index);
}

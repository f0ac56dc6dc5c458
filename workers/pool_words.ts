/**
 * Words of shared memory that synchronise the rounds of a worker pool. Every wait is finite, so that a
 * failed worker cannot leave the others asleep forever.
 *
 * @module
 */

/** Indices into the Int32 control area, a cache line apart where several write. */
export const PoolWord = {
  /** Counts rounds; workers wait for it to change. */
  round: 0,
  /** Equals `round` when the round is complete; the owner awaits it. */
  done: 16,
  /** 1 once any worker has failed. */
  poison: 32,
  /** 1 when workers should exit. */
  stop: 33,
  /** Workers done with the round. */
  arrivals: 48,
  /** Words from here on belong to the user of the pool. */
  own: 64,
} as const;

/** Milliseconds between checks of the poison word while asleep. */
const POISON_CHECK_MS = 200;

/** Thrown in a worker that waits for a failed one. */
export class PoisonedError extends Error {
  override readonly name = "PoisonedError";
}

/**
 * Blocks the worker until `words[index]` is `value`, spinning `spins` times before it sleeps; throws
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

/** Publishes `value` and wakes the waiters. */
export function publish(words: Int32Array, index: number, value: number): void {
  Atomics.store(words, index, value);
  Atomics.notify(words, index);
}

/**
 * Words of shared memory through which the workers of an engine work on one pass together. Every
 * wait is finite, so that a worker that fails cannot leave the others asleep for ever.
 *
 * @module
 */

/** Indices into the Int32 control area, a cache line apart where several write. */
export const Word = {
  /** Counts passes; workers wait for it to change. */
  pass: 0,
  /** Equals `pass` when that is complete; the owner awaits it. */
  done: 16,
  /** 1 once any worker has failed. */
  poison: 32,
  /** 1 when workers are to leave. */
  stop: 33,
  /** Rows, segments and outputs of the pass. */
  rows: 34,
  segments: 35,
  outputs: 36,
  /** Workers that have left the pass. */
  left: 48,
  /** First of two words a phase, each on a line of its own. */
  phases: 64,
} as const;

const LINE = 16;

/** Words of the control area for so many phases. */
export function controlWords(phases: number): number {
  return Word.phases + phases * 2 * LINE;
}

/** Next piece of a phase to take, and pieces done. */
export function phaseWords(phase: number): { next: number; done: number } {
  const next = Word.phases + phase * 2 * LINE;
  return { next, done: next + LINE };
}

/** Looks at a word before sleeping: a phase takes some 10 microseconds. */
const SPINS = 2000;
/** Milliseconds between looks at the poison word while asleep. */
const POISON_CHECK_MS = 200;

/** Thrown in a worker that waits for one that has failed. */
export class PoisonedError extends Error {
  override readonly name = "PoisonedError";
}

/** Blocks the worker until `words[index]` is `value`; throws {@linkcode PoisonedError} on poison. */
export function waitFor(words: Int32Array, index: number, value: number): void {
  for (let spin = 0; spin < SPINS; spin++) {
    if (Atomics.load(words, index) === value) return;
  }
  for (;;) {
    const current = Atomics.load(words, index);
    if (current === value) return;
    if (Atomics.load(words, Word.poison) !== 0) {
      throw new PoisonedError("Cannot go on with the pass: another worker has failed");
    }
    Atomics.wait(words, index, current, POISON_CHECK_MS);
  }
}

/** Publishes `value` and wakes whoever waits for it. */
export function publish(words: Int32Array, index: number, value: number): void {
  Atomics.store(words, index, value);
  Atomics.notify(words, index);
}

/**
 * Does a phase together with the other workers: takes pieces until none are left, then waits until
 * all are done. A worker that comes late finds nothing to do and holds nobody up.
 */
export function share(
  words: Int32Array,
  { phase, pieces, each }: { phase: number; pieces: number; each: (piece: number) => void },
): void {
  const { next, done } = phaseWords(phase);
  for (;;) {
    const piece = Atomics.add(words, next, 1);
    if (piece >= pieces) break;
    each(piece);
    if (Atomics.add(words, done, 1) + 1 === pieces) Atomics.notify(words, done);
  }
  waitFor(words, done, pieces);
}

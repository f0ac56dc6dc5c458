/**
 * What the workers of an engine tell one another through shared memory, beside the words of their pool:
 * a round is one pass through the model, cut into phases.
 *
 * @module
 */
import { PoolWord, waitFor } from "../../workers/mod.ts";

/** Indices into the Int32 control area, after those of the pool. */
export const Word = {
  /** Rows, segments and outputs of the pass. */
  rows: PoolWord.own,
  segments: PoolWord.own + 1,
  outputs: PoolWord.own + 2,
  /** First of two words a phase, each on a cache line of its own. */
  phases: PoolWord.own + 16,
} as const;

const LINE = 16;

/** Words of the control area for so many phases. */
export function controlWords(phases: number): number {
  return Word.phases + phases * 2 * LINE;
}

/** Looks at a word before sleeping: a phase takes some 10 microseconds. */
const SPINS = 2000;
/**
 * Looks at the word of rounds before sleeping, which the main thread writes some 50 microseconds after
 * a pass. Worker 0 sleeps soon, to leave it a core.
 */
export const roundSpins = (worker: number) => worker === 0 ? SPINS : 10 * SPINS;

/**
 * Does a phase together with the other workers: takes pieces until none are left, then waits until
 * all are done. A worker that comes late finds nothing to do and holds nobody up.
 */
export function share(
  words: Int32Array,
  { phase, pieces, each }: { phase: number; pieces: number; each: (piece: number) => void },
): void {
  // The next piece to take, and pieces done.
  const next = Word.phases + phase * 2 * LINE, done = next + LINE;
  for (;;) {
    const piece = Atomics.add(words, next, 1);
    if (piece >= pieces) break;
    each(piece);
    if (Atomics.add(words, done, 1) + 1 === pieces) Atomics.notify(words, done);
  }
  waitFor(words, done, pieces, SPINS);
}

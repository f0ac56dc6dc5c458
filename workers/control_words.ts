/**
 * Words of shared memory through which spheres coordinate. Every word has one meaning and every
 * wait is finite, so that a sphere that fails cannot leave the others asleep for ever.
 *
 * @module
 */

/** Indices into the Int32 control area. */
export const Word = {
  /** Counts commands; workers wait for it to change. */
  generation: 0,
  command: 1,
  /** 1 once any sphere has failed. */
  poison: 2,
  /** Next leaf, norm segment and update segment to take. */
  nextLeaf: 3,
  nextNorm: 4,
  nextUpdate: 5,
  /** Equals `generation` when all leaves have reported to the root control sphere. */
  leavesDone: 6,
  /** Workers past the norm phase. */
  normArrivals: 7,
  /** Equals `generation` when all norm segments are summed. */
  normDone: 8,
  /** Workers done with the command. */
  arrivals: 9,
  /** Equals `generation` when the command is complete; the root awaits it. */
  commandDone: 10,
  /** Rows of the batch in place. */
  rows: 11,
  /** 1 when the batch has segment ids. */
  segmented: 12,
  /** Next hidden matrix to take, in a Muon step. */
  nextMatrix: 13,
  /** First of one word a parameter group: leaves already reduced into it. */
  turns: 64,
  /** First of one word a parameter group: its hidden matrices already updated. */
  matricesDone: 1536,
} as const;

/** First of one word a control sphere: children that have reported. */
export const TREE_WORDS = 3072;

/** What the root asks of the workers. */
export const Command = {
  /** Forward, backward, ordered reduction, clip, update, pack. */
  train: 1,
  /** Forward and loss. */
  evaluate: 2,
  /** Pack the weights for the products of the next step. */
  pack: 3,
  /** Leave the main loop. */
  stop: 4,
} as const;

/** Indices into the Float64 step parameters. */
export const StepParameter = {
  learningRate: 0,
  beta1: 1,
  beta2: 2,
  epsilon: 3,
  weightDecay: 4,
  /** Global L2 norm above which gradients are scaled down; Infinity for never. */
  clip: 5,
  biasCorrection1: 6,
  biasCorrection2: 7,
  /** 1 / scored tokens */
  gradientScale: 8,
  /** Out: global L2 norm before clipping. */
  gradNorm: 9,
  /** 1 where Muon updates the hidden matrices. */
  muon: 10,
  muonLearningRate: 11,
  muonMomentum: 12,
  /** Largest mean loss and norm that update; Infinity for all. */
  lossLimit: 13,
  gradNormLimit: 14,
  /** Out: 1 where the step was beyond a limit. */
  skipped: 15,
} as const;

/** Columns of a leaf's row in the Float64 results. */
export const LeafResult = {
  loss: 0,
  tokens: 1,
  computeMs: 2,
  waitMs: 3,
  bytesReduced: 4,
  worker: 5,
  /** Row width. */
  width: 6,
} as const;

/** Milliseconds between looks at the poison word while waiting. */
const POISON_CHECK_MS = 200;

/** Thrown in a sphere that waits for one that has failed. */
export class PoisonedError extends Error {
  override readonly name = "PoisonedError";
}

/** Blocks the worker until `words[index]` is `value`; throws {@linkcode PoisonedError} on poison. */
export function waitFor(words: Int32Array, index: number, value: number): void {
  for (;;) {
    const current = Atomics.load(words, index);
    if (current === value) return;
    if (Atomics.load(words, Word.poison) !== 0) {
      throw new PoisonedError("Cannot go on with the step: another sphere has failed");
    }
    Atomics.wait(words, index, current, POISON_CHECK_MS);
  }
}

/** Publishes `value` and wakes whoever waits for it. */
export function publish(words: Int32Array, index: number, value: number): void {
  Atomics.store(words, index, value);
  Atomics.notify(words, index);
}

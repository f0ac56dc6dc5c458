/**
 * The ordered reduction: each microbatch adds its gradient to the shared one when all before it
 * have, group by group. Floating-point addition is not associative, so the fixed order makes the sum
 * the same bit for bit whichever worker runs which microbatch.
 *
 * @module
 */
import { K_BLOCK } from "../kernels/mod.ts";
import type { ParameterGroup } from "./groups.ts";
import { at, isFrozen, type MicrobatchContext } from "./microbatch_context.ts";
import { Word } from "./control_words.ts";
import { publish, waitFor } from "./pool_words.ts";

/** One microbatch of a pass, and its turn in the reduction of a step. */
export interface Turn {
  /** First of its tokens in the pass, and their number. */
  readonly token: number;
  readonly n: number;
  /** Place among the microbatches that have rows, in their order. */
  readonly order: number;
  /** Milliseconds spent waiting so far. */
  waitMs: number;
  bytesReduced: number;
}

/**
 * Waits until all microbatches before `turn.order` have reduced `group`, then runs `add`; does nothing
 * where the group is frozen.
 */
export function inTurn(
  context: MicrobatchContext,
  { turn, group, add }: {
    turn: Turn;
    group: ParameterGroup;
    /** Gets the address of the group's shared gradient. */
    add: (gradient: number) => void;
  },
): void {
  if (isFrozen(context, group)) return;
  const { words, plan } = context;
  const word = Word.turns + group.index;
  if (!isTurn(context, { turn, group })) {
    const start = performance.now();
    waitFor(words, word, turn.order, context.spins);
    turn.waitMs += performance.now() - start;
  }
  add(plan.gradients + group.offset * 4);
  turn.bytesReduced += group.rows * group.cols * 4;
  publish(words, word, turn.order + 1);
}

/** Whether all microbatches before `turn.order` have reduced `group`. */
export function isTurn(
  { words }: MicrobatchContext,
  { turn, group }: { turn: Turn; group: ParameterGroup },
): boolean {
  return Atomics.load(words, Word.turns + group.index) === turn.order;
}

/** Adds the staged gradient of `group` in turn; the first microbatch's replaces the last step's. */
export function reduce(
  context: MicrobatchContext,
  { turn, group, staged }: { turn: Turn; group: ParameterGroup; staged: number },
): void {
  const { kernels } = context;
  const size = group.rows * group.cols;
  inTurn(context, {
    turn,
    group,
    add(gradient) {
      if (turn.order === 0) kernels.copy(gradient, staged, size);
      else kernels.add(gradient, staged, size);
    },
  });
}

/** As `reduce`, of some rows of `group`, `[rows.length, cols]`; the others have no gradient. */
export function reduceRows(
  context: MicrobatchContext,
  { turn, group, staged, rows }: {
    turn: Turn;
    group: ParameterGroup;
    staged: number;
    rows: Int32Array;
  },
): void {
  const { kernels } = context;
  const { cols } = group;
  inTurn(context, {
    turn,
    group,
    add(gradient) {
      if (turn.order === 0) kernels.zero(gradient, group.rows * cols);
      for (const [i, row] of rows.entries()) {
        kernels.add(at(gradient, row * cols), at(staged, i * cols), cols);
      }
    },
  });
}

/**
 * Reduces a product over the tokens of a microbatch. If it is already its turn, the product goes
 * straight into the shared gradient; otherwise it is staged and added later. The bits are the same:
 * `gemm` sums up to `K_BLOCK` tokens before its one addition to the target.
 */
export function reduceProduct(
  context: MicrobatchContext,
  { turn, group, staged, multiply }: {
    turn: Turn;
    group: ParameterGroup;
    staged: number;
    multiply: (gradient: number, accumulate: boolean) => void;
  },
): void {
  if (isFrozen(context, group)) return;
  if (turn.n <= K_BLOCK && isTurn(context, { turn, group })) {
    inTurn(context, { turn, group, add: (gradient) => multiply(gradient, turn.order > 0) });
  } else {
    multiply(staged, false);
    reduce(context, { turn, group, staged });
  }
}

/**
 * The ordered reduction: each leaf adds its gradient to the shared one when all leaves before it
 * have, group by group. Floating-point addition is not associative, so a fixed order is what makes
 * the sum the same bit for bit whichever worker ran which leaf.
 *
 * @module
 */
import type { ParameterGroup } from "./groups.ts";
import type { LeafContext } from "./leaf_context.ts";
import { publish, waitFor, Word } from "./control_words.ts";

/** One leaf's part in the reduction of a step. */
export interface Turn {
  /** Place among the leaves that have rows, in leaf order. */
  readonly order: number;
  /** Milliseconds spent waiting so far. */
  waitMs: number;
  bytesReduced: number;
}

/** Waits until all leaves before `turn.order` have reduced `group`, then runs `add`. */
export function inTurn(
  { words, plan }: LeafContext,
  { turn, group, add }: {
    turn: Turn;
    group: ParameterGroup;
    /** Gets the address of the group's shared gradient. */
    add: (gradient: number) => void;
  },
): void {
  const word = Word.turns + group.index;
  if (Atomics.load(words, word) !== turn.order) {
    const start = performance.now();
    waitFor(words, word, turn.order);
    turn.waitMs += performance.now() - start;
  }
  add(plan.gradients + group.offset * 4);
  turn.bytesReduced += group.rows * group.cols * 4;
  publish(words, word, turn.order + 1);
}

/** Adds the staged gradient of `group` in turn; the first leaf's replaces the last step's. */
export function reduce(
  context: LeafContext,
  { turn, group, staged }: { turn: Turn; group: ParameterGroup; staged: number },
): void {
  const size = group.rows * group.cols;
  inTurn(context, {
    turn,
    group,
    add(gradient) {
      if (turn.order === 0) {
        context.f32.copyWithin(gradient / 4, staged / 4, staged / 4 + size);
      } else {
        context.kernels.add(gradient, staged, size);
      }
    },
  });
}

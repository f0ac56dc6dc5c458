/**
 * The output head of some microbatches: final norm, vocabulary product and cross entropy in row blocks, so
 * that `[tokens, vocab]` never exists at once.
 *
 * @module
 */
import {
  at,
  type MicrobatchContext,
  type MicrobatchRows,
  weightsOf,
} from "./microbatch_context.ts";
import { Word } from "./control_words.ts";
import { linear, linearInputGradient, linearWeightGradient } from "./linear.ts";
import type { ScoredIds } from "./head_sample.ts";
import type { Turn } from "./reduction.ts";

/** Loss of a microbatch. */
export interface MicrobatchLoss {
  /** Sum of nats over target tokens. */
  readonly loss: number;
  /** Target tokens. */
  readonly tokens: number;
}

/**
 * Losses of the hidden states in `area.final`, one of each microbatch. With a `gradientScale` it also
 * writes the head's gradients in `area.stagedHead`, `[V, D]` each, and that of the normalised hidden states
 * in `area.dNormed`, `[n, D]`. With a `sample` the ids in it are all that V counts.
 */
export function head(
  context: MicrobatchContext,
  { slice, turns, gradientScale, sample }: {
    slice: MicrobatchRows;
    turns: readonly Turn[];
    gradientScale?: number;
    sample?: ScoredIds | undefined;
  },
): MicrobatchLoss[] {
  const { config, kernels, area, groups, dims } = context;
  kernels.rms_norm(
    area.normed,
    area.finalRstd,
    area.final,
    weightsOf(context, groups.finalNorm),
    (slice.end - slice.first) * dims.T,
    dims.D,
    config.rms_norm_eps,
  );
  return turns.map((turn, leaf) => {
    const firstToken = slice.first * dims.T + turn.token;
    headOf(context, { turn, firstToken, staged: area.stagedHead[leaf], gradientScale, sample });
    return sumLosses(context, { firstToken, n: turn.n });
  });
}

/** The head of one microbatch, whose first token in the batch is `firstToken`. */
function headOf(
  context: MicrobatchContext,
  { turn, firstToken, staged, gradientScale, sample }: {
    turn: Turn;
    firstToken: number;
    staged: number | undefined;
    gradientScale: number | undefined;
    sample: ScoredIds | undefined;
  },
): void {
  const { kernels, plan, area, groups, dims: { D }, f32, words } = context;
  const { head: w, packed, targets: targetIds } = sample ??
    { head: groups.head, packed: undefined, targets: plan.targetIds };
  const V = w.rows;
  const isWeighted = Atomics.load(words, Word.weighted) === 1;
  for (let start = 0; start < turn.n; start += plan.logitsRows) {
    const rows = Math.min(plan.logitsRows, turn.n - start);
    const token = firstToken + start;
    const hidden = at(area.normed, (turn.token + start) * D);
    const targets = at(targetIds, token);
    const mask = at(plan.mask, token);
    const losses = at(plan.losses, token);
    linear(context, { y: area.logits, x: hidden, w, packed, n: rows });
    for (let row = 0; sample && row < rows; row++) {
      kernels.add(at(area.logits, row * V), sample.logWeights, V);
    }
    if (plan.keptLogits) {
      const from = area.logits / 4;
      f32.copyWithin(plan.keptLogits / 4 + token * V, from, from + rows * V);
    }
    if (gradientScale === undefined) {
      kernels.cross_entropy_loss(area.logits, losses, targets, mask, rows, V, V);
      continue;
    }
    const step = isWeighted ? 1 : rows;
    for (let row = 0; row < rows; row += step) {
      const weight = isWeighted ? f32[plan.tokenWeights / 4 + token + row] as number : 1;
      kernels.cross_entropy(
        at(area.logits, row * V),
        at(losses, row),
        at(targets, row),
        at(mask, row),
        step,
        V,
        V,
        gradientScale * weight,
      );
    }
    if (staged !== undefined) {
      linearWeightGradient(context, {
        dw: staged,
        dy: area.logits,
        x: hidden,
        w,
        n: rows,
        accumulate: start > 0,
      });
    }
    linearInputGradient(context, {
      dx: at(area.dNormed, (turn.token + start) * D),
      dy: area.logits,
      w,
      packed,
      n: rows,
    });
  }
}

/** Adds the losses up in token order, in f64. */
function sumLosses(
  { f32, words, plan }: MicrobatchContext,
  { firstToken, n }: { firstToken: number; n: number },
): MicrobatchLoss {
  const losses = f32.subarray(plan.losses / 4 + firstToken, plan.losses / 4 + firstToken + n);
  const mask = new Int32Array(words.buffer, plan.mask + firstToken * 4, n);
  return {
    loss: losses.reduce((sum, nats) => sum + nats, 0),
    tokens: mask.reduce((sum, scored) => sum + scored, 0),
  };
}

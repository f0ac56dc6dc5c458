/**
 * The backward pass of some microbatches at once, from the gradient of the normalised hidden state to that
 * of the embedding. Every parameter gradient is one of each microbatch, and reduced in turn.
 *
 * @module
 */
import { adaptedInputGradient, reduceAdapters } from "./adapters.ts";
import { forwardLayer } from "./forward.ts";
import type { ParameterGroup } from "./groups.ts";
import type { ScoredIds } from "./head_sample.ts";
import {
  at,
  isFrozen,
  type MicrobatchContext,
  type MicrobatchRows,
  weightsOf,
} from "./microbatch_context.ts";
import { backThroughHeadNorms, rotateHeads } from "./heads.ts";
import { biasGradient, linearWeightGradient } from "./linear.ts";
import { inTurn, isTurn, reduce, reduceProduct, reduceRows, type Turn } from "./reduction.ts";

/** Runs after `forward` and `head` with a gradient scale, on their activations. */
export function backward(
  context: MicrobatchContext,
  { slice, turns, sample }: {
    slice: MicrobatchRows;
    turns: readonly Turn[];
    /** Where the head scored these alone. */
    sample?: ScoredIds | undefined;
  },
): void {
  const { config, kernels, plan, area, groups, dims } = context;
  const { D, F, H, K, N, Q, A, T } = dims;
  const n = (slice.end - slice.first) * T;
  const firstToken = slice.first * T;

  const reduceMatrix = (w: ParameterGroup, whole: { dy: number; x: number }) => {
    for (const turn of turns) {
      const { n, token } = turn;
      const dy = at(whole.dy, token * w.rows), x = at(whole.x, token * w.cols);
      reduceProduct(context, {
        turn,
        group: w,
        staged: area.staged,
        multiply: (dw, accumulate) =>
          linearWeightGradient(context, { dw, dy, x, w, n, accumulate }),
      });
      reduceAdapters(context, { turn, w, dy, x });
    }
  };
  /** Of a product's output; does nothing where the layer has no bias. */
  const reduceBias = (bias: ParameterGroup | undefined, dy: number) => {
    if (!bias) return;
    for (const turn of turns) {
      const { n, token } = turn;
      biasGradient(context, { db: area.staged, dy: at(dy, token * bias.cols), bias, n });
      reduce(context, { turn, group: bias, staged: area.staged });
    }
  };
  /** Gradients of a linear layer's weights and bias, and of its input; given that of its output. */
  const backThroughLinear = (
    w: ParameterGroup,
    { dx, dy, x, bias }: { dx: number; dy: number; x: number; bias: ParameterGroup | undefined },
  ) => {
    const inputGradient = () => adaptedInputGradient(context, { dx, dy, w, n });
    // Where microbatches before are still at the group, the input's gradient fills the time.
    const isEarly = turns.slice(0, 1).some((turn) => !isTurn(context, { turn, group: w }));
    if (isEarly) inputGradient();
    reduceMatrix(w, { dy, x });
    reduceBias(bias, dy);
    if (!isEarly) inputGradient();
  };
  /** dResidual += gradient through the norm of `x`, given `area.dNormed`. */
  const backThroughNorm = (norm: ParameterGroup, { x, rstd }: { x: number; rstd: number }) => {
    for (const turn of turns) {
      const { n, token } = turn;
      kernels.zero(area.staged, D);
      kernels.rms_norm_backward(
        at(area.dResidual, token * D),
        area.staged,
        at(area.dNormed, token * D),
        at(x, token * D),
        weightsOf(context, norm),
        at(rstd, token),
        n,
        D,
      );
      reduce(context, { turn, group: norm, staged: area.staged });
    }
  };
  /** Recomputes a norm's output, which is cheaper than storing it. */
  const normAgain = (norm: ParameterGroup, { x, rstd }: { x: number; rstd: number }) =>
    kernels.rms_norm(area.normed, rstd, x, weightsOf(context, norm), n, D, config.rms_norm_eps);

  const tied = groups.head === groups.embedding;
  for (const [leaf, turn] of tied ? [] : turns.entries()) {
    const reduced = { turn, group: groups.head, staged: area.stagedHead[leaf] as number };
    if (sample) reduceRows(context, { ...reduced, rows: sample.ids });
    else reduce(context, reduced);
  }
  kernels.zero(area.dResidual, n * D);
  backThroughNorm(groups.finalNorm, { x: area.final, rstd: area.finalRstd });

  for (let index = groups.layers.length - 1; index >= 0; index--) {
    const layer = groups.layers[index] as typeof groups.layers[0] & object;
    const kept = area.layers[index] as typeof area.layers[0] & object;
    if (plan.dims.recompute) forwardLayer(context, { slice, index });

    backThroughLinear(layer.down, {
      dx: area.dActivated,
      dy: area.dResidual,
      x: kept.activated,
      bias: layer.downBias,
    });
    kernels.swiglu_backward(area.dGateUp, area.dActivated, kept.gateUp, n, F);
    const middle = { x: kept.middle, rstd: kept.middleRstd };
    normAgain(layer.postNorm, middle);
    backThroughLinear(layer.gateUp, {
      dx: area.dNormed,
      dy: area.dGateUp,
      x: area.normed,
      bias: layer.gateUpBias,
    });
    backThroughNorm(layer.postNorm, middle);

    backThroughLinear(layer.output, {
      dx: area.dAttended,
      dy: area.dResidual,
      x: kept.attended,
      bias: layer.outputBias,
    });
    for (let row = slice.first; row < slice.end; row++) {
      const local = (row - slice.first) * T;
      kernels.attention_backward(
        at(area.dQkv, local * Q),
        at(area.dAttended, local * A),
        at(kept.attended, local * A),
        at(kept.lse, local * H),
        at(kept.qkv, local * Q),
        slice.segmented ? at(plan.segmentIds, row * T) : 0,
        T,
        H,
        K,
        N,
        Q,
        A,
        area.attention,
      );
    }
    rotateHeads(context, { index, qkv: area.dQkv, firstToken, n, sign: -1 });
    for (const turn of turns) backThroughHeadNorms(context, { layer, kept, turn });
    const input = { x: kept.input, rstd: kept.inputRstd };
    normAgain(layer.inputNorm, input);
    backThroughLinear(layer.qkv, {
      dx: area.dNormed,
      dy: area.dQkv,
      x: area.normed,
      bias: layer.qkvBias,
    });
    backThroughNorm(layer.inputNorm, input);
  }

  if (isFrozen(context, groups.embedding)) return;
  const { embedding } = groups;
  for (const [leaf, turn] of turns.entries()) {
    const { n, token } = turn;
    const ids = at(plan.inputIds, firstToken + token);
    const addTo = (gradient: number) =>
      kernels.embedding_backward(gradient, at(area.dResidual, token * D), ids, n, D);
    if (tied) {
      // The embedding's two gradients are summed in the staged one, so that it is reduced once.
      const staged = area.stagedHead[leaf] as number;
      addTo(staged);
      reduce(context, { turn, group: embedding, staged });
    } else {
      inTurn(context, {
        turn,
        group: embedding,
        add(gradient) {
          if (turn.order === 0) kernels.zero(gradient, embedding.rows * embedding.cols);
          addTo(gradient);
        },
      });
    }
  }
}

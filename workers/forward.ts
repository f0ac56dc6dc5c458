/**
 * The forward pass of one microbatch: its rows of the batch from token ids to the last hidden state.
 *
 * @module
 */
import {
  at,
  type MicrobatchContext,
  type MicrobatchRows,
  weightsOf,
} from "./microbatch_context.ts";
import { normHeads, rotateHeads } from "./heads.ts";
import { adaptedLinear } from "./adapters.ts";

/**
 * Runs the decoder over a microbatch's rows and stores every activation the backward pass needs in the
 * worker's area; the final residual stream ends in `area.final`, `[n, D]`.
 */
export function forward(context: MicrobatchContext, slice: MicrobatchRows): void {
  const { kernels, plan, area, groups, dims } = context;
  const { D, T } = dims;

  kernels.embedding(
    area.layers[0]?.input ?? area.final,
    weightsOf(context, groups.embedding),
    at(plan.inputIds, slice.first * T),
    (slice.end - slice.first) * T,
    D,
  );
  for (const index of groups.layers.keys()) forwardLayer(context, { slice, index });
}

/**
 * Runs decoder layer `index` from its kept input to the next one's, keeping what its backward pass
 * needs. Recomputing it gives the same bits.
 */
export function forwardLayer(
  context: MicrobatchContext,
  { slice, index }: { slice: MicrobatchRows; index: number },
): void {
  const { config, kernels, plan, area, groups, dims } = context;
  const { D, F, H, K, N, Q, A, T } = dims;
  const n = (slice.end - slice.first) * T;
  const firstToken = slice.first * T;
  const eps = config.rms_norm_eps;
  const layer = groups.layers[index] as typeof groups.layers[0] & object;
  const kept = area.layers[index] as typeof area.layers[0] & object;
  const output = area.layers[index + 1]?.input ?? area.final;

  kernels.rms_norm(
    area.normed,
    kept.inputRstd,
    kept.input,
    weightsOf(context, layer.inputNorm),
    n,
    D,
    eps,
  );
  adaptedLinear(context, { y: kept.qkv, x: area.normed, w: layer.qkv, bias: layer.qkvBias, n });
  normHeads(context, { layer, kept, n });
  rotateHeads(context, { index, qkv: kept.qkv, firstToken, n, sign: 1 });
  for (let row = slice.first; row < slice.end; row++) {
    const local = (row - slice.first) * T;
    kernels.attention(
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
  kernels.copy(kept.middle, kept.input, n * D);
  adaptedLinear(context, {
    y: kept.middle,
    x: kept.attended,
    w: layer.output,
    bias: layer.outputBias,
    n,
    accumulate: true,
  });

  kernels.rms_norm(
    area.normed,
    kept.middleRstd,
    kept.middle,
    weightsOf(context, layer.postNorm),
    n,
    D,
    eps,
  );
  adaptedLinear(context, {
    y: kept.gateUp,
    x: area.normed,
    w: layer.gateUp,
    bias: layer.gateUpBias,
    n,
  });
  kernels.swiglu(kept.activated, kept.gateUp, n, F);
  kernels.copy(output, kept.middle, n * D);
  adaptedLinear(context, {
    y: output,
    x: kept.activated,
    w: layer.down,
    bias: layer.downBias,
    n,
    accumulate: true,
  });
}

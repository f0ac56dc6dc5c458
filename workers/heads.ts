/**
 * What happens to the heads of queries and keys between their projection and attention: in some
 * architectures a norm of each head, and in all but some layers the rotation by position.
 *
 * @module
 */
import { usesRope } from "../model/architectures.ts";
import type { LayerGroups } from "./groups.ts";
import { at, type MicrobatchContext, weightsOf } from "./microbatch_context.ts";
import { reduce, type Turn } from "./reduction.ts";
import type { LayerActivations } from "./worker_area.ts";

interface HeadsOfLayer {
  readonly layer: LayerGroups;
  readonly kept: LayerActivations;
  /** Tokens. */
  readonly n: number;
}

/** Turns the heads of queries and keys of layer `index`; `sign` -1 turns gradients back. */
export function rotateHeads(
  { config, kernels, plan, dims: { H, K, N, Q } }: MicrobatchContext,
  { index, qkv, firstToken, n, sign }: {
    index: number;
    qkv: number;
    firstToken: number;
    n: number;
    sign: 1 | -1;
  },
): void {
  if (!usesRope(config, index)) return;
  const positions = at(plan.positions, firstToken);
  kernels.rope(qkv, plan.ropeCos, plan.ropeSin, positions, n, H + K, N, Q, sign);
}

/** Normalises each head of queries and keys, and keeps what they were. */
export function normHeads(
  context: MicrobatchContext,
  { layer: { queryNorm, keyNorm }, kept, n }: HeadsOfLayer,
): void {
  if (!queryNorm || !keyNorm) return;
  const { config, kernels, dims: { H, K, N, Q } } = context;
  const [queryWeights, keyWeights] = [weightsOf(context, queryNorm), weightsOf(context, keyNorm)];
  const eps = config.rms_norm_eps;
  for (let i = 0; i < n; i++) {
    const row = at(kept.qkv, i * Q);
    const raw = at(kept.rawHeads, i * (H + K) * N);
    const rstd = at(kept.headRstd, i * (H + K));
    kernels.copy(raw, row, (H + K) * N);
    kernels.rms_norm(row, rstd, raw, queryWeights, H, N, eps);
    kernels.rms_norm(at(row, H * N), at(rstd, H), at(raw, H * N), keyWeights, K, N, eps);
  }
}

/** Turns a microbatch's gradient of normalised heads in `area.dQkv` into that of the projected ones. */
export function backThroughHeadNorms(
  context: MicrobatchContext,
  { layer: { queryNorm, keyNorm }, kept, turn }: Omit<HeadsOfLayer, "n"> & { readonly turn: Turn },
): void {
  if (!queryNorm || !keyNorm) return;
  const { kernels, area, dims: { H, K, N, Q } } = context;
  const [queryWeights, keyWeights] = [weightsOf(context, queryNorm), weightsOf(context, keyNorm)];
  const [dQuery, dKey] = [area.staged, at(area.staged, N)];
  const dNormed = area.dHeads;
  kernels.zero(dQuery, 2 * N);
  for (let i = turn.token; i < turn.token + turn.n; i++) {
    const row = at(area.dQkv, i * Q);
    const raw = at(kept.rawHeads, i * (H + K) * N);
    const rstd = at(kept.headRstd, i * (H + K));
    kernels.copy(dNormed, row, (H + K) * N);
    kernels.zero(row, (H + K) * N);
    kernels.rms_norm_backward(row, dQuery, dNormed, raw, queryWeights, rstd, H, N);
    kernels.rms_norm_backward(
      at(row, H * N),
      dKey,
      at(dNormed, H * N),
      at(raw, H * N),
      keyWeights,
      at(rstd, H),
      K,
      N,
    );
  }
  reduce(context, { turn, group: queryNorm, staged: dQuery });
  reduce(context, { turn, group: keyNorm, staged: dKey });
}

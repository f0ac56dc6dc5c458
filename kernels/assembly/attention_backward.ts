/**
 * Gradient of attention.ts, block of queries by block of queries: the probabilities are computed
 * again from the stored log-sum-exp (Dao et al., FlashAttention, arXiv:2205.14135, section 3.1).
 */
import { maskScores, QUERIES, roundUp, SCORE_ROW, segmentStarts } from "./attention";
import { exp } from "./exp";
import { multiply } from "./gemm";
import { madd } from "./madd";
import { pack_b, pack_b_transposed, packA, packATransposed } from "./pack";
import { dot } from "./rms_norm";
import { MR, NR } from "./tile";

/**
 * Overwrites `dqkv[t, ldQkv]`, of the form of `qkv`.
 *
 * @param dout `[t, ldOut]`, as `out`, the result of `attention`
 * @param lse `[heads, t]` from `attention`
 * @param scratch `attentionBackwardScratchSize(t, headDim)` floats
 */
export function attention_backward(
  dqkv: usize,
  dout: usize,
  out: usize,
  lse: usize,
  qkv: usize,
  segments: usize,
  t: i32,
  heads: i32,
  kvHeads: i32,
  headDim: i32,
  ldQkv: i32,
  ldOut: i32,
  scratch: usize,
): void {
  const headBytes = <usize> headDim << 2;
  const keyPanels = scratch;
  const valuePanels = keyPanels + roundUp(t, MR) * headBytes;
  const keyColumns = valuePanels + roundUp(t, MR) * headBytes;
  const rest = keyColumns + (roundUp(headDim, NR) << 2) * t;
  const group = heads / kvHeads;
  for (let h = 0; h < heads; h++) {
    const keyOffset = <usize> (heads + h / group) * headBytes;
    const valueOffset = keyOffset + <usize> kvHeads * headBytes;
    if (h % group == 0) {
      packA(keyPanels, qkv + keyOffset, t, headDim, ldQkv, headBytes * MR);
      packA(valuePanels, qkv + valueOffset, t, headDim, ldQkv, headBytes * MR);
      pack_b(keyColumns, qkv + keyOffset, t, headDim, ldQkv, t * NR);
      clearRows(dqkv + keyOffset, t, headBytes, ldQkv);
      clearRows(dqkv + valueOffset, t, headBytes, ldQkv);
    }
    const offset = <usize> h * headBytes;
    attendHeadBackward(
      dqkv + offset,
      dqkv + keyOffset,
      dqkv + valueOffset,
      dout + offset,
      out + offset,
      lse + (<usize> h * t << 2),
      qkv + offset,
      keyPanels,
      valuePanels,
      keyColumns,
      segments,
      t,
      headDim,
      ldQkv,
      ldOut,
      rest,
    );
  }
}

function attendHeadBackward(
  dQueries: usize,
  dKeys: usize,
  dValues: usize,
  dout: usize,
  out: usize,
  lse: usize,
  queries: usize,
  keyPanels: usize,
  valuePanels: usize,
  keyColumns: usize,
  segments: usize,
  t: i32,
  headDim: i32,
  ldQkv: i32,
  ldOut: i32,
  scratch: usize,
): void {
  const headBytes = <usize> headDim << 2;
  const queryPanels = scratch;
  const doutPanels = queryPanels + headBytes * QUERIES;
  const columns = doutPanels + headBytes * QUERIES;
  const starts = columns + (roundUp(headDim, NR) << 2) * QUERIES;
  const deltas = starts + SCORE_ROW;
  const weights = deltas + SCORE_ROW;
  const gradients = weights + SCORE_ROW * roundUp(t, MR);
  const packed = gradients + SCORE_ROW * roundUp(t, MR);
  const scale = <f32> (1 / sqrt(<f64> headDim));
  let start = 0;
  for (let i = 0; i < t; i += QUERIES) {
    const count = min(QUERIES, t - i);
    const qkvRow = <usize> i * ldQkv << 2;
    const outRow = <usize> i * ldOut << 2;
    start = segmentStarts(starts, segments, i, count, start);
    const first = load<i32>(starts) / MR * MR;
    const keys = i + count - first;
    const panel = <usize> first * headBytes;
    const keyRow = <usize> first * ldQkv << 2;
    const query = queries + qkvRow;
    const grad = dout + outRow;
    pack_b_transposed(queryPanels, query, headDim, count, ldQkv, headDim * NR);
    scoreBlock(weights, keyPanels + panel, queryPanels, keys, count, headDim);
    pack_b_transposed(doutPanels, grad, headDim, count, ldOut, headDim * NR);
    scoreBlock(gradients, valuePanels + panel, doutPanels, keys, count, headDim);
    maskScores(weights, starts, first, i, count);
    rowDots(deltas, grad, out + outRow, count, headDim, ldOut);
    for (let q = 0; q < count; q += 4) {
      const at = <usize> q << 2;
      const left = count - q;
      const shift = f32x4.neg(loadUpTo4(lse + (<usize> i << 2) + at, left));
      softmaxBackward(weights + at, gradients + at, shift, v128.load(deltas + at), keys, scale);
    }
    // dV += P^T dO; dK += dS^T Q; dQ = dS K
    addOuter(dValues + keyRow, weights, grad, packed, columns, keys, count, headDim, ldQkv, ldOut);
    addOuter(dKeys + keyRow, gradients, query, packed, columns, keys, count, headDim, ldQkv, ldQkv);
    packATransposed(packed, gradients, count, keys, QUERIES, <usize> keys * (MR * 4));
    multiply(
      dQueries + qkvRow,
      packed,
      keyColumns + <usize> first * (NR * 4),
      count,
      headDim,
      keys,
      ldQkv,
      <usize> keys * (MR * 4),
      <usize> t * (NR * 4),
      0,
    );
  }
}

/** `scores[keys, count] = rows * queries^T` in rows of QUERIES, both packed over headDim. */
function scoreBlock(
  scores: usize,
  rows: usize,
  queryPanels: usize,
  keys: i32,
  count: i32,
  headDim: i32,
): void {
  const headBytes = <usize> headDim << 2;
  multiply(
    scores,
    rows,
    queryPanels,
    keys,
    <i32> roundUp(count, NR),
    headDim,
    QUERIES,
    headBytes * MR,
    headBytes * NR,
    0,
  );
}

/** `c[keys, headDim] += scores[keys, count] * rows[count, headDim]` */
function addOuter(
  c: usize,
  scores: usize,
  rows: usize,
  packed: usize,
  columns: usize,
  keys: i32,
  count: i32,
  headDim: i32,
  ldc: i32,
  ldRows: i32,
): void {
  packA(packed, scores, keys, count, QUERIES, <usize> count * (MR * 4));
  pack_b(columns, rows, count, headDim, ldRows, count * NR);
  multiply(
    c,
    packed,
    columns,
    keys,
    headDim,
    count,
    ldc,
    <usize> count * (MR * 4),
    <usize> count * (NR * 4),
    1,
  );
}

/** In four columns: scores to probabilities P, their gradients to those of the unscaled scores. */
function softmaxBackward(
  weights: usize,
  gradients: usize,
  shift: v128,
  delta: v128,
  keys: i32,
  scale: f32,
): void {
  const scales = f32x4.splat(scale);
  for (let j = 0; j < keys; j++) {
    // No probability is above 1, however coarse the rounding of a great log-sum-exp.
    const p = exp(f32x4.pmin(madd(v128.load(weights), scales, shift), f32x4.splat(0)));
    v128.store(weights, p);
    const ds = f32x4.mul(f32x4.mul(p, scales), f32x4.sub(v128.load(gradients), delta));
    v128.store(gradients, ds);
    weights += SCORE_ROW;
    gradients += SCORE_ROW;
  }
}

/** `deltas[count]`: each row of dO times its row of O. */
function rowDots(
  deltas: usize,
  dout: usize,
  out: usize,
  count: i32,
  headDim: i32,
  ldOut: i32,
): void {
  for (let q = 0; q < count; q++) {
    store<f32>(deltas, dot(dout, out, headDim));
    deltas += 4;
    dout += <usize> ldOut << 2;
    out += <usize> ldOut << 2;
  }
}

/** The first `count` of four floats, zeros for the rest, reading nothing past them. */
function loadUpTo4(at: usize, count: i32): v128 {
  if (count >= 4) return v128.load(at);
  let lanes = v128.load32_zero(at);
  if (count > 1) lanes = f32x4.replace_lane(lanes, 1, load<f32>(at, 4));
  if (count > 2) lanes = f32x4.replace_lane(lanes, 2, load<f32>(at, 8));
  return lanes;
}

function clearRows(rows: usize, t: i32, bytes: usize, ld: i32): void {
  for (let i = 0; i < t; i++) {
    memory.fill(rows, 0, bytes);
    rows += <usize> ld << 2;
  }
}

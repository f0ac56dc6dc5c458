/**
 * Causal attention of one sequence in blocks of queries (after Dao et al., FlashAttention,
 * arXiv:2205.14135): the scores of one block exist at a time, and no key after its last query is read.
 *
 * Scores are kept transposed, keys down and queries across: softmax then runs along columns, four
 * queries a vector, and needs no folding of lanes.
 */
import { exp } from "./exp";
import { multiply } from "./gemm";
import { pack_b, pack_b_transposed, packA, packATransposed } from "./pack";
import { MR, NR } from "./tile";

/** Queries in a block: a multiple of MR and NR. */
export const QUERIES: i32 = 24;
/** Bytes of one key's row in a block of scores. */
export const SCORE_ROW: usize = QUERIES * 4;

/**
 * @param out `[t, ldOut]`, heads * headDim of each row
 * @param lse `[heads, t]`, log-sum-exp of the scaled scores
 * @param qkv `[t, ldQkv]`, a row is `[q heads | k heads | v heads]`
 * @param segments i32[t] or 0; attention restarts where the id changes
 * @param scratch `attentionScratchSize(t, headDim)` floats
 */
export function attention(
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
  const rest = valuePanels + (roundUp(headDim, NR) << 2) * t;
  const group = heads / kvHeads;
  for (let h = 0; h < heads; h++) {
    if (h % group == 0) {
      const keys = qkv + <usize> (heads + h / group) * headBytes;
      packA(keyPanels, keys, t, headDim, ldQkv, headBytes * MR);
      pack_b(valuePanels, keys + <usize> kvHeads * headBytes, t, headDim, ldQkv, t * NR);
    }
    attendHead(
      out + <usize> h * headBytes,
      lse + (<usize> h * t << 2),
      qkv + <usize> h * headBytes,
      keyPanels,
      valuePanels,
      segments,
      t,
      headDim,
      ldQkv,
      ldOut,
      rest,
    );
  }
}

function attendHead(
  out: usize,
  lse: usize,
  queries: usize,
  keyPanels: usize,
  valuePanels: usize,
  segments: usize,
  t: i32,
  headDim: i32,
  ldQkv: i32,
  ldOut: i32,
  scratch: usize,
): void {
  const headBytes = <usize> headDim << 2;
  const queryPanels = scratch;
  const starts = queryPanels + headBytes * QUERIES;
  const sums = starts + SCORE_ROW;
  const scores = sums + SCORE_ROW;
  const weights = scores + SCORE_ROW * roundUp(t, MR);
  const scale = <f32> (1 / sqrt(<f64> headDim));
  let start = 0;
  for (let i = 0; i < t; i += QUERIES) {
    const count = min(QUERIES, t - i);
    start = segmentStarts(starts, segments, i, count, start);
    // A panel boundary at or before the first key any query of the block may see.
    const first = load<i32>(starts) / MR * MR;
    const keys = i + count - first;
    pack_b_transposed(
      queryPanels,
      queries + (<usize> i * ldQkv << 2),
      headDim,
      count,
      ldQkv,
      headDim * NR,
    );
    multiply(
      scores,
      keyPanels + <usize> first * headBytes,
      queryPanels,
      keys,
      <i32> roundUp(count, NR),
      headDim,
      QUERIES,
      headBytes * MR,
      headBytes * NR,
      0,
    );
    maskScores(scores, starts, first, i, count);
    softmaxColumns(scores, sums, lse + (<usize> i << 2), keys, count, scale);
    packATransposed(weights, scores, count, keys, QUERIES, <usize> keys * (MR * 4));
    multiply(
      out + (<usize> i * ldOut << 2),
      weights,
      valuePanels + <usize> first * (NR * 4),
      count,
      headDim,
      keys,
      ldOut,
      <usize> keys * (MR * 4),
      <usize> t * (NR * 4),
      0,
    );
    divideRows(out + (<usize> i * ldOut << 2), sums, count, headDim, ldOut);
  }
}

/** A count rounded up to a multiple. */
@inline
export function roundUp(count: i32, multiple: i32): usize {
  return <usize> ((count + multiple - 1) / multiple * multiple);
}

/**
 * For each query of the block the first token of its segment, i32[count]; returns the last.
 *
 * @param start first token of the segment that token i - 1 is in
 */
export function segmentStarts(
  starts: usize,
  segments: usize,
  i: i32,
  count: i32,
  start: i32,
): i32 {
  for (let q = 0; q < count; q++) {
    const at = segments + (<usize> (i + q) << 2);
    if (segments && i + q > 0 && load<i32>(at) != load<i32>(at - 4)) start = i + q;
    store<i32>(starts + (<usize> q << 2), start);
  }
  return start;
}

/** Minus infinity where a key lies after its query or before the query's segment. */
export function maskScores(
  scores: usize,
  starts: usize,
  first: i32,
  i: i32,
  count: i32,
): void {
  const keys = i + count - first;
  for (let q = 0; q < count; q++) {
    const column = scores + (<usize> q << 2);
    const start = load<i32>(starts + (<usize> q << 2)) - first;
    for (let j = 0; j < start; j++) store<f32>(column + <usize> j * SCORE_ROW, -Infinity);
    for (let j = i + q + 1 - first; j < keys; j++) {
      store<f32>(column + <usize> j * SCORE_ROW, -Infinity);
    }
  }
}

/**
 * Each column of scores to e^(scale * (score - greatest)) in place, its sum into `sums`, and its
 * log-sum-exp into `lse[count]`.
 */
function softmaxColumns(
  scores: usize,
  sums: usize,
  lse: usize,
  keys: i32,
  count: i32,
  scale: f32,
): void {
  for (let q = 0; q < count; q += 4) {
    const column = scores + (<usize> q << 2);
    const top = columnMax(column, keys);
    v128.store(sums + (<usize> q << 2), exponentiateColumns(column, top, keys, scale));
    storeLogSums(
      lse + (<usize> q << 2),
      sums + (<usize> q << 2),
      f32x4.mul(top, f32x4.splat(scale)),
      min(4, count - q),
    );
  }
}

function columnMax(column: usize, keys: i32): v128 {
  let top = v128.load(column);
  for (let j = 1; j < keys; j++) {
    column += SCORE_ROW;
    top = f32x4.pmax(top, v128.load(column));
  }
  return top;
}

function exponentiateColumns(column: usize, top: v128, keys: i32, scale: f32): v128 {
  const scales = f32x4.splat(scale);
  let sum = f32x4.splat(0);
  for (let j = 0; j < keys; j++) {
    const e = exp(f32x4.mul(f32x4.sub(v128.load(column), top), scales));
    v128.store(column, e);
    sum = f32x4.add(sum, e);
    column += SCORE_ROW;
  }
  return sum;
}

function storeLogSums(lse: usize, sums: usize, top: v128, count: i32): void {
  for (let q = 0; q < count; q++) {
    const log = Math.log(<f64> load<f32>(sums)) + <f64> f32x4.extract_lane(top, 0);
    store<f32>(lse, <f32> log);
    top = v128.shuffle<f32>(top, top, 1, 2, 3, 3);
    lse += 4;
    sums += 4;
  }
}

function divideRows(out: usize, sums: usize, count: i32, headDim: i32, ldOut: i32): void {
  for (let q = 0; q < count; q++) {
    const factor = <f32> 1 / load<f32>(sums);
    const factors = f32x4.splat(factor);
    let at = out;
    let d = headDim;
    for (; d >= 4; d -= 4) {
      v128.store(at, f32x4.mul(v128.load(at), factors));
      at += 16;
    }
    for (; d > 0; d--) {
      store<f32>(at, load<f32>(at) * factor);
      at += 4;
    }
    out += <usize> ldOut << 2;
    sums += 4;
  }
}

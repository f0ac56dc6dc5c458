/**
 * Causal attention of one sequence in blocks of queries (after Dao et al., FlashAttention,
 * arXiv:2205.14135): the scores of one block exist at a time, and of its products only what is left
 * of the block's last query.
 *
 * Scores are kept transposed, keys down and queries across: softmax then runs along columns, twelve
 * queries at once, needs no folding of lanes, and writes the panels that the product with V reads.
 */
import { K_BLOCK, MR, NR } from "../build/sizes";
import { exp } from "./exp";
import { multiply } from "./gemm";
import { packA, pack_b, pack_b_transposed } from "./pack";
import { hide, roundUp, segmentStarts } from "./segments";

/** Queries in a block. */
const BLOCK: i32 = 48;
/** Queries that softmax takes at once: three panels of MR. */
const CHUNK: i32 = 3 * MR;
/** Bytes of one key's row of scores. */
const SCORE_ROW: usize = BLOCK * 4;

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
  const valuePanels = keyPanels + <usize> roundUp(t, MR) * headBytes;
  const rest = valuePanels + (<usize> roundUp(headDim, NR) << 2) * t;
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
  const starts = queryPanels + headBytes * BLOCK;
  const sums = starts + SCORE_ROW;
  const tops = sums + SCORE_ROW;
  const scores = tops + SCORE_ROW;
  const weights = scores + SCORE_ROW * t;
  const scale = <f32> (1 / sqrt(<f64> headDim));
  let start = 0;
  for (let i = 0; i < t; i += BLOCK) {
    const count = min(BLOCK, t - i);
    start = segmentStarts(starts, segments, i, count, start);
    // A panel boundary at or before the first key any query of the block may see.
    const first = load<i32>(starts) / MR * MR;
    const keys = i + count - first;
    const query = queries + (<usize> i * ldQkv << 2);
    pack_b_transposed(queryPanels, query, headDim, count, ldQkv, headDim * NR);
    const keyPanel = keyPanels + <usize> first * headBytes;
    multiply(
      scores,
      keyPanel,
      queryPanels,
      keys,
      count,
      headDim,
      BLOCK,
      headBytes * MR,
      headBytes * NR,
      0,
    );
    const panelBytes = <usize> keys * (MR * 4);
    for (let q = 0; q < count; q += CHUNK) {
      const visible = min(i + q + CHUNK - first, keys);
      for (let c = q; c < min(q + CHUNK, count); c++) {
        const column = scores + (<usize> c << 2);
        hide(column, 0, load<i32>(starts + (<usize> c << 2)) - first, SCORE_ROW);
        hide(column, i + c + 1 - first, visible, SCORE_ROW);
      }
      const panel = weights + <usize> (q / MR) * panelBytes;
      const at = <usize> q << 2;
      softmaxChunk(panel, panelBytes, sums + at, tops + at, scores + at, visible, scale);
      const hidden = <usize> (keys - visible) * (MR * 4);
      for (let last = panel + panelBytes - hidden; last < panel + panelBytes * 3; last += panelBytes) {
        memory.fill(last, 0, hidden);
      }
    }
    storeLogSums(lse + (<usize> i << 2), sums, tops, count, scale);
    const rows = out + (<usize> i * ldOut << 2);
    const valueRow = valuePanels + <usize> first * (NR * 4);
    // What a query does not see has weight zero and adds nothing, but for where a longer k is cut.
    const together = keys <= K_BLOCK ? count : MR;
    for (let q = 0; q < count; q += together) {
      multiply(
        rows + (<usize> q * ldOut << 2),
        weights + <usize> (q / MR) * panelBytes,
        valueRow,
        min(together, count - q),
        headDim,
        min(i + q + together - first, keys),
        ldOut,
        panelBytes,
        <usize> t * (NR * 4),
        0,
      );
    }
    divideRows(rows, sums, count, headDim, ldOut);
  }
}

/**
 * Softmax without its division down twelve columns of scores, into three panels `[keys][MR]`; the
 * columns' sums and greatest scores go to `sums[12]` and `tops[12]`.
 */
function softmaxChunk(
  panel0: usize,
  panelBytes: usize,
  sums: usize,
  tops: usize,
  scores: usize,
  keys: i32,
  scale: f32,
): void {
  let top0 = v128.load(scores);
  let top1 = v128.load(scores, 16);
  let top2 = v128.load(scores, 32);
  let row = scores;
  for (let j = 1; j < keys; j++) {
    row += SCORE_ROW;
    top0 = f32x4.pmax(top0, v128.load(row));
    top1 = f32x4.pmax(top1, v128.load(row, 16));
    top2 = f32x4.pmax(top2, v128.load(row, 32));
  }
  v128.store(tops, top0);
  v128.store(tops, top1, 16);
  v128.store(tops, top2, 32);
  const scales = f32x4.splat(scale);
  let panel1 = panel0 + panelBytes;
  let panel2 = panel1 + panelBytes;
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  let sum2 = f32x4.splat(0);
  for (let j = 0; j < keys; j++) {
    // The difference first: it is exact near the top, however great the scores.
    const e0 = exp(f32x4.mul(f32x4.sub(v128.load(scores), top0), scales));
    const e1 = exp(f32x4.mul(f32x4.sub(v128.load(scores, 16), top1), scales));
    const e2 = exp(f32x4.mul(f32x4.sub(v128.load(scores, 32), top2), scales));
    v128.store(panel0, e0);
    v128.store(panel1, e1);
    v128.store(panel2, e2);
    sum0 = f32x4.add(sum0, e0);
    sum1 = f32x4.add(sum1, e1);
    sum2 = f32x4.add(sum2, e2);
    scores += SCORE_ROW;
    panel0 += MR * 4;
    panel1 += MR * 4;
    panel2 += MR * 4;
  }
  v128.store(sums, sum0);
  v128.store(sums, sum1, 16);
  v128.store(sums, sum2, 32);
}

function storeLogSums(lse: usize, sums: usize, tops: usize, count: i32, scale: f32): void {
  for (let q = 0; q < count; q++) {
    const top = <f64> load<f32>(tops) * <f64> scale;
    store<f32>(lse, <f32> (Math.log(<f64> load<f32>(sums)) + top));
    lse += 4;
    sums += 4;
    tops += 4;
  }
}

/** Divides each row of `out[count, headDim]` by its own of `sums`. */
export function divideRows(out: usize, sums: usize, count: i32, headDim: i32, ldOut: i32): void {
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

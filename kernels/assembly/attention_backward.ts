/**
 * Gradient of attention.ts, block of queries by block of queries: the probabilities are computed
 * again from the stored log-sum-exp (Dao et al., FlashAttention, arXiv:2205.14135, section 3.1).
 *
 * Here scores lie queries down and keys across, so that probabilities and their gradients go straight
 * into the panels that the products with dO and Q read.
 */
import { K_BLOCK, MR, NR } from "../build/sizes";
import { dot } from "./dot";
import { multiply } from "./gemm";
import { packA, pack_b, pack_b_transposed } from "./pack";
import { hide, roundUp, segmentStarts } from "./segments";
import { BLOCK, CHUNK, PANEL, softmaxBackward } from "./softmax_backward";

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
  const valuePanels = keyPanels + <usize> roundUp(t, NR) * headBytes;
  const keyColumns = valuePanels + <usize> roundUp(t, NR) * headBytes;
  const rest = keyColumns + (<usize> roundUp(headDim, NR) << 2) * t;
  const group = heads / kvHeads;
  for (let h = 0; h < heads; h++) {
    const keyOffset = <usize> (heads + h / group) * headBytes;
    const valueOffset = keyOffset + <usize> kvHeads * headBytes;
    if (h % group == 0) {
      pack_b_transposed(keyPanels, qkv + keyOffset, headDim, t, ldQkv, headDim * NR);
      pack_b_transposed(valuePanels, qkv + valueOffset, headDim, t, ldQkv, headDim * NR);
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
  const doutPanels = queryPanels + headBytes * BLOCK;
  const columns = doutPanels + headBytes * BLOCK;
  const starts = columns + (<usize> roundUp(headDim, NR) << 2) * BLOCK;
  const scores = starts + BLOCK * 4;
  // One row of scores, and of their gradients.
  const ld = roundUp(t, CHUNK);
  const rowBytes = <usize> ld << 2;
  const gradients = scores + rowBytes * BLOCK;
  const weightPanels = gradients + rowBytes * BLOCK;
  const gradientPanels = weightPanels + rowBytes * BLOCK;
  const rowPanel = gradientPanels + rowBytes * BLOCK;
  const scale = <f32> (1 / sqrt(<f64> headDim));
  let start = 0;
  for (let i = 0; i < t; i += BLOCK) {
    const count = min(BLOCK, t - i);
    start = segmentStarts(starts, segments, i, count, start);
    // A panel boundary at or before the first key any query of the block may see.
    const first = load<i32>(starts) / NR * NR;
    const before = i - first;
    const panel = <usize> first * headBytes;
    const query = queries + (<usize> i * ldQkv << 2);
    const grad = dout + (<usize> i * ldOut << 2);
    const result = out + (<usize> i * ldOut << 2);
    packA(queryPanels, query, count, headDim, ldQkv, headBytes * MR);
    packA(doutPanels, grad, count, headDim, ldOut, headBytes * MR);
    const keys = before + count;
    const strideA = headBytes * MR;
    const strideB = headBytes * NR;
    multiply(scores, queryPanels, keyPanels + panel, count, keys, headDim, ld, strideA, strideB, 0);
    multiply(gradients, doutPanels, valuePanels + panel, count, keys, headDim, ld, strideA, strideB, 0);
    for (let q = 0; q < count; q++) {
      const row = scores + <usize> q * rowBytes;
      const visible = roundUp(before + q + 1, CHUNK);
      hide(row, 0, load<i32>(starts + (<usize> q << 2)) - first, 4);
      hide(row, before + q + 1, visible, 4);
      softmaxBackward(
        weightPanels + <usize> q * (MR * 4),
        gradientPanels + <usize> q * (MR * 4),
        row,
        gradients + <usize> q * rowBytes,
        keys,
        visible,
        load<f32>(lse + (<usize> (i + q) << 2)),
        dot(grad + (<usize> q * ldOut << 2), result + (<usize> q * ldOut << 2), headDim),
        scale,
      );
    }
    const keyRow = <usize> first * ldQkv << 2;
    // dV += P^T dO; dK += dS^T Q; dQ = dS K. What a query does not see is zero and adds nothing.
    const strideColumns = <usize> count * (NR * 4);
    pack_b(columns, grad, count, headDim, ldOut, count * NR);
    multiply(
      dValues + keyRow,
      weightPanels,
      columns,
      keys,
      headDim,
      count,
      ldQkv,
      PANEL,
      strideColumns,
      1,
    );
    pack_b(columns, query, count, headDim, ldQkv, count * NR);
    multiply(
      dKeys + keyRow,
      gradientPanels,
      columns,
      keys,
      headDim,
      count,
      ldQkv,
      PANEL,
      strideColumns,
      1,
    );
    // The place where a longer k is cut depends on it.
    const together = keys <= K_BLOCK ? count : MR;
    for (let q = 0; q < count; q += together) {
      const rows = min(together, count - q);
      const seen = before + q + rows;
      const strideRows = <usize> seen * (MR * 4);
      packA(rowPanel, gradients + <usize> q * rowBytes, rows, seen, ld, strideRows);
      multiply(
        dQueries + (<usize> (i + q) * ldQkv << 2),
        rowPanel,
        keyColumns + <usize> first * (NR * 4),
        rows,
        headDim,
        seen,
        ldQkv,
        strideRows,
        <usize> t * (NR * 4),
        0,
      );
    }
  }
}

function clearRows(rows: usize, t: i32, bytes: usize, ld: i32): void {
  for (let i = 0; i < t; i++) {
    memory.fill(rows, 0, bytes);
    rows += <usize> ld << 2;
  }
}

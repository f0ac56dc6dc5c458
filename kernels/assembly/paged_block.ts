/**
 * Attention over pages for blocks of queries, such as a prompt's, by the tiles of products: to the bits
 * that each query gets alone, since every sum runs in the same order.
 *
 * Scores are kept transposed, keys down and queries across, as in attention.ts; here a page's keys are
 * the panels that the tile takes.
 */
import { MR, NR, PAGE, TILE_COLS } from "../build/sizes";
import { divideRows } from "./attention";
import { exp } from "./exp";
import { multiplyBlock } from "./gemm";
import { pack_b, pack_b_transposed } from "./pack";
import { hide, roundUp } from "./segments";

/** Queries in a block. */
const BLOCK: i32 = 48;
/** Queries that the product with the values takes at once: fewer skip more of what they do not see. */
const ROWS: i32 = 24;
/** Bytes of one key's row of scores. */
const SCORE_ROW: usize = BLOCK * 4;

/**
 * Attention of one query head, of `n` consecutive tokens; see {@link attend_paged}.
 *
 * @param values panels from {@link packValues}
 * @param total keys that the last query sees
 * @param scratch of sums, two panels of queries, scores `[total, BLOCK]` and as many weights
 */
export function attendBlocks(
  out: usize,
  q: usize,
  cache: usize,
  table: usize,
  values: usize,
  n: i32,
  total: i32,
  headDim: i32,
  ldOut: i32,
  ldQ: i32,
  pageBytes: usize,
  scratch: usize,
): void {
  const keys = roundUp(total, PAGE);
  const sums = scratch;
  const queries = sums + SCORE_ROW;
  const scores = queries + <usize> headDim * (2 * NR * 4);
  const weights = scores + SCORE_ROW * keys;
  const scale = <f32> (1 / sqrt(<f64> headDim));
  const outRow = <usize> ldOut << 2;
  for (let i = 0; i < n; i += BLOCK) {
    const rows = min(BLOCK, n - i);
    const before = total - n + i;
    for (let column = 0; column < rows; column += TILE_COLS) {
      const cols = min(TILE_COLS, rows - column);
      const from = q + (<usize> (i + column) * ldQ << 2);
      pack_b_transposed(queries, from, headDim, cols, ldQ, headDim * NR);
      scoreColumns(
        scores + (<usize> column << 2),
        queries,
        cache,
        table,
        before + column + cols,
        cols,
        headDim,
        pageBytes,
      );
    }
    const panel = <usize> keys * (MR * 4);
    for (let row = 0; row < rows; row += ROWS) {
      const count = min(ROWS, rows - row);
      const visible = before + row + count;
      for (let p = row; p < row + count; p += MR) {
        const column = scores + (<usize> p << 2);
        expWeightsPanel(
          weights + <usize> (p / MR) * panel,
          sums + (<usize> p << 2),
          column,
          before + p + 1,
          visible,
          scale,
        );
      }
      const to = out + <usize> (i + row) * outRow;
      multiplyBlock(
        to,
        weights + <usize> (row / MR) * panel,
        values,
        count,
        headDim,
        visible,
        outRow,
        panel,
        <usize> keys * (NR * 4),
        0,
      );
      divideRows(to, sums + (<usize> row << 2), count, headDim, ldOut);
    }
  }
}

/** The values of `count` keys to panels `[ceil(headDim / NR)][keys][NR]`, keys rounded up to a page. */
export function packValues(
  panels: usize,
  values: usize,
  table: usize,
  count: i32,
  headDim: i32,
  pageBytes: usize,
): void {
  const ld = roundUp(headDim, 4);
  const stride = roundUp(count, PAGE) * NR;
  for (; count > 0; count -= PAGE) {
    const page = values + <usize> load<i32>(table) * pageBytes;
    pack_b(panels, page, min(PAGE, count), headDim, ld, stride);
    panels += PAGE * NR * 4;
    table += 4;
  }
}

/** `scores[count, cols]`, the products of keys with some queries, page after page. */
function scoreColumns(
  scores: usize,
  queries: usize,
  cache: usize,
  table: usize,
  count: i32,
  cols: i32,
  headDim: i32,
  pageBytes: usize,
): void {
  const strideA = <usize> headDim * (MR * 4);
  const strideB = <usize> headDim * (NR * 4);
  for (; count > 0; count -= PAGE) {
    const keys = cache + <usize> load<i32>(table) * pageBytes;
    const rows = min(PAGE, count);
    multiplyBlock(scores, keys, queries, rows, cols, headDim, SCORE_ROW, strideA, strideB, 0);
    scores += SCORE_ROW * PAGE;
    table += 4;
  }
}

/**
 * Softmax without its division down four columns of scores, to a panel `[visible][MR]`; the first
 * column sees `count` keys, each other one more. What the others of a column's keys get is zero.
 */
function expWeightsPanel(
  panel: usize,
  sums: usize,
  scores: usize,
  count: i32,
  visible: i32,
  scale: f32,
): void {
  const seen = roundUp(min(count + MR - 1, visible), 4);
  for (let c = 0; c < MR; c++) hide(scores + (<usize> c << 2), count + c, seen, SCORE_ROW);
  let top0 = v128.load(scores);
  let top1 = v128.load(scores, SCORE_ROW);
  let top2 = v128.load(scores, 2 * SCORE_ROW);
  let top3 = v128.load(scores, 3 * SCORE_ROW);
  let row = scores;
  for (let j = 4; j < seen; j += 4) {
    row += 4 * SCORE_ROW;
    top0 = f32x4.pmax(top0, v128.load(row));
    top1 = f32x4.pmax(top1, v128.load(row, SCORE_ROW));
    top2 = f32x4.pmax(top2, v128.load(row, 2 * SCORE_ROW));
    top3 = f32x4.pmax(top3, v128.load(row, 3 * SCORE_ROW));
  }
  const tops = f32x4.pmax(f32x4.pmax(top0, top1), f32x4.pmax(top2, top3));
  const scales = f32x4.splat(scale);
  // A query by itself keeps the sums of every fourth key apart.
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  let sum2 = f32x4.splat(0);
  let sum3 = f32x4.splat(0);
  for (let j = 0; j < seen; j += 4) {
    const e0 = exp(f32x4.mul(f32x4.sub(v128.load(scores), tops), scales));
    const e1 = exp(f32x4.mul(f32x4.sub(v128.load(scores, SCORE_ROW), tops), scales));
    const e2 = exp(f32x4.mul(f32x4.sub(v128.load(scores, 2 * SCORE_ROW), tops), scales));
    const e3 = exp(f32x4.mul(f32x4.sub(v128.load(scores, 3 * SCORE_ROW), tops), scales));
    v128.store(panel, e0);
    v128.store(panel, e1, 16);
    v128.store(panel, e2, 32);
    v128.store(panel, e3, 48);
    sum0 = f32x4.add(sum0, e0);
    sum1 = f32x4.add(sum1, e1);
    sum2 = f32x4.add(sum2, e2);
    sum3 = f32x4.add(sum3, e3);
    scores += 4 * SCORE_ROW;
    panel += MR * 16;
  }
  if (visible > seen) memory.fill(panel, 0, <usize> (visible - seen) * (MR * 4));
  v128.store(sums, f32x4.add(f32x4.add(sum0, sum2), f32x4.add(sum1, sum3)));
}

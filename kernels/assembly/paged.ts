/**
 * Attention over keys and values that lie in pages, see pages.ts.
 *
 * A query's result depends on its own keys alone, summed in their order, whatever else is computed
 * in the same call.
 */
import { MR, NR, PAGE } from "../build/sizes";
import { exp } from "./exp";
import { maxLanes, sumLanes } from "./lanes";
import { madd } from "./madd";
import { attendBlocks, packValues } from "./paged_block";
import { attendNarrow } from "./paged_narrow";
import { readAhead } from "./read_ahead";
import { roundUp } from "./segments";

/** Bytes of a page's scores. */
export const LINE: usize = PAGE * 4;
/** Fewer queries than that are done sooner one by one. */
export const LEAST_BLOCK: i32 = 16;

/**
 * Attention of `n` consecutive tokens of one sequence, of which the first sees `count` keys, itself
 * included, and each other one more; for `heads` query heads that share the keys.
 *
 * @param out `[n, heads * headDim]`, rows `ldOut` floats apart
 * @param q likewise, rows `ldQ` apart, rotated
 * @param bits of an element of the cache: 32, 16 or 8
 * @param scratch `pagedScratchSize(count + n - 1, headDim, { heads, kv })` floats
 */
export function attend_paged(
  out: usize,
  q: usize,
  cache: usize,
  table: usize,
  n: i32,
  count: i32,
  heads: i32,
  headDim: i32,
  ldOut: i32,
  ldQ: i32,
  pageBytes: usize,
  bits: i32,
  scratch: usize,
): void {
  if (bits != 32) {
    attendNarrow(out, q, cache, table, n, count, heads, headDim, ldOut, ldQ, pageBytes, bits, scratch);
    return;
  }
  const headBytes = <usize> headDim << 2;
  if (n >= LEAST_BLOCK) {
    const total = count + n - 1;
    const rest = scratch + <usize> roundUp(headDim, NR) * roundUp(total, PAGE) * 4;
    packValues(scratch, cache + headBytes * PAGE, table, total, headDim, pageBytes);
    for (let h = 0; h < heads; h++) {
      const at = <usize> h * headBytes;
      attendBlocks(out + at, q + at, cache, table, scratch, n, total, headDim, ldOut, ldQ, pageBytes, rest);
    }
    return;
  }
  const scale = <f32> (1 / sqrt(<f64> headDim));
  for (let i = 0; i < n; i++) {
    for (let h = 0; h < heads; h++) {
      const at = <usize> h * headBytes;
      scorePages(scratch, q + at, cache, table, count, headDim, pageBytes);
      const sum = softmax(scratch, count, scale);
      mixPages(out + at, scratch, cache, table, count, headDim, pageBytes, 1 / sum);
    }
    out += <usize> ldOut << 2;
    q += <usize> ldQ << 2;
    count++;
  }
}

/** `scores[count]`, the products of one query with its keys, and minus infinity to the end of the page. */
function scorePages(
  scores: usize,
  q: usize,
  cache: usize,
  table: usize,
  count: i32,
  headDim: i32,
  pageBytes: usize,
): void {
  const headBytes = <usize> headDim << 2;
  let at = scores;
  for (let first = 0; first < count; first += PAGE) {
    const page = cache + <usize> load<i32>(table) * pageBytes;
    const rows = min(PAGE, count - first);
    // Eight panels at once, and later the values, would be read too slowly from outer caches.
    readAhead(page, <usize> roundUp(rows, MR) * headBytes, at);
    readAhead(page + headBytes * PAGE, <usize> rows * headBytes, at);
    scorePage(at, q, page, headDim);
    table += 4;
    at += LINE;
  }
  for (let j = scores + (<usize> count << 2); j < at; j += 4) store<f32>(j, -Infinity);
}

export function scorePage(scores: usize, q: usize, keys: usize, headDim: i32): void {
  const panel = <usize> headDim * (MR * 4);
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let s4 = f32x4.splat(0);
  let s5 = f32x4.splat(0);
  let s6 = f32x4.splat(0);
  let s7 = f32x4.splat(0);
  for (; headDim >= 4; headDim -= 4) {
    const x0 = v128.load32_splat(q);
    const x1 = v128.load32_splat(q, 4);
    const x2 = v128.load32_splat(q, 8);
    const x3 = v128.load32_splat(q, 12);
    let at = keys;
    s0 = scoreFour(at, x0, x1, x2, x3, s0);
    at += panel;
    s1 = scoreFour(at, x0, x1, x2, x3, s1);
    at += panel;
    s2 = scoreFour(at, x0, x1, x2, x3, s2);
    at += panel;
    s3 = scoreFour(at, x0, x1, x2, x3, s3);
    at += panel;
    s4 = scoreFour(at, x0, x1, x2, x3, s4);
    at += panel;
    s5 = scoreFour(at, x0, x1, x2, x3, s5);
    at += panel;
    s6 = scoreFour(at, x0, x1, x2, x3, s6);
    at += panel;
    s7 = scoreFour(at, x0, x1, x2, x3, s7);
    q += 16;
    keys += MR * 16;
  }
  for (; headDim > 0; headDim--) {
    const x = v128.load32_splat(q);
    let at = keys;
    s0 = madd(x, v128.load(at), s0);
    at += panel;
    s1 = madd(x, v128.load(at), s1);
    at += panel;
    s2 = madd(x, v128.load(at), s2);
    at += panel;
    s3 = madd(x, v128.load(at), s3);
    at += panel;
    s4 = madd(x, v128.load(at), s4);
    at += panel;
    s5 = madd(x, v128.load(at), s5);
    at += panel;
    s6 = madd(x, v128.load(at), s6);
    at += panel;
    s7 = madd(x, v128.load(at), s7);
    q += 4;
    keys += MR * 4;
  }
  v128.store(scores, s0);
  v128.store(scores, s1, 16);
  v128.store(scores, s2, 32);
  v128.store(scores, s3, 48);
  v128.store(scores, s4, 64);
  v128.store(scores, s5, 80);
  v128.store(scores, s6, 96);
  v128.store(scores, s7, 112);
}

/** Four components of four keys. */
@inline
function scoreFour(keys: usize, x0: v128, x1: v128, x2: v128, x3: v128, sum: v128): v128 {
  sum = madd(x0, v128.load(keys), sum);
  sum = madd(x1, v128.load(keys, 16), sum);
  sum = madd(x2, v128.load(keys, 32), sum);
  return madd(x3, v128.load(keys, 48), sum);
}

/** Scores to weights without their division, in place; returns their sum. */
export function softmax(scores: usize, count: i32, scale: f32): f32 {
  const end = scores + (<usize> roundUp(count, PAGE) << 2);
  let top = v128.load(scores);
  for (let at = scores + 16; at < end; at += 16) top = f32x4.pmax(top, v128.load(at));
  const tops = f32x4.splat(maxLanes(top));
  const scales = f32x4.splat(scale);
  let sum = f32x4.splat(0);
  for (let at = scores; at < end; at += 16) {
    const e = exp(f32x4.mul(f32x4.sub(v128.load(at), tops), scales));
    v128.store(at, e);
    sum = f32x4.add(sum, e);
  }
  return sumLanes(sum);
}

/** `out[headDim]`: the values by their weights, times `factor`. */
function mixPages(
  out: usize,
  weights: usize,
  cache: usize,
  table: usize,
  count: i32,
  headDim: i32,
  pageBytes: usize,
  factor: f32,
): void {
  const rowBytes = <usize> roundUp(headDim, 4) << 2;
  let values = cache + <usize> headDim * LINE;
  for (; headDim >= 32; headDim -= 32) {
    mixWide(out, weights, values, table, count, pageBytes, rowBytes, factor);
    values += 128;
    out += 128;
  }
  for (; headDim > 0; headDim -= 4) {
    let sum = f32x4.splat(0);
    let weight = weights;
    let pages = table;
    for (let first = 0; first < count; first += PAGE) {
      let row = values + <usize> load<i32>(pages) * pageBytes;
      for (let j = min(PAGE, count - first); j > 0; j--) {
        sum = madd(v128.load32_splat(weight), v128.load(row), sum);
        weight += 4;
        row += rowBytes;
      }
      pages += 4;
    }
    sum = f32x4.mul(sum, f32x4.splat(factor));
    if (headDim >= 4) v128.store(out, sum);
    else {
      for (let d = 0; d < headDim; d++) {
        store<f32>(out + (<usize> d << 2), f32x4.extract_lane(sum, 0));
        sum = v128.shuffle<f32>(sum, sum, 1, 2, 3, 3);
      }
    }
    values += 16;
    out += 16;
  }
}

function mixWide(
  out: usize,
  weights: usize,
  values: usize,
  table: usize,
  count: i32,
  pageBytes: usize,
  rowBytes: usize,
  factor: f32,
): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let s4 = f32x4.splat(0);
  let s5 = f32x4.splat(0);
  let s6 = f32x4.splat(0);
  let s7 = f32x4.splat(0);
  for (let first = 0; first < count; first += PAGE) {
    let row = values + <usize> load<i32>(table) * pageBytes;
    for (let j = min(PAGE, count - first); j > 0; j--) {
      const x = v128.load32_splat(weights);
      s0 = madd(x, v128.load(row), s0);
      s1 = madd(x, v128.load(row, 16), s1);
      s2 = madd(x, v128.load(row, 32), s2);
      s3 = madd(x, v128.load(row, 48), s3);
      s4 = madd(x, v128.load(row, 64), s4);
      s5 = madd(x, v128.load(row, 80), s5);
      s6 = madd(x, v128.load(row, 96), s6);
      s7 = madd(x, v128.load(row, 112), s7);
      weights += 4;
      row += rowBytes;
    }
    table += 4;
  }
  const factors = f32x4.splat(factor);
  v128.store(out, f32x4.mul(s0, factors));
  v128.store(out, f32x4.mul(s1, factors), 16);
  v128.store(out, f32x4.mul(s2, factors), 32);
  v128.store(out, f32x4.mul(s3, factors), 48);
  v128.store(out, f32x4.mul(s4, factors), 64);
  v128.store(out, f32x4.mul(s5, factors), 80);
  v128.store(out, f32x4.mul(s6, factors), 96);
  v128.store(out, f32x4.mul(s7, factors), 112);
}

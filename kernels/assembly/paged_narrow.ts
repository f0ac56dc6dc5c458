/**
 * Attention over pages in 16 or 8 bits: to the bits of {@link attend_paged} over what they stand for.
 */
import { PAGE } from "../build/sizes";
import { PLACED, widenKeys, widenValues } from "./narrow_pages";
import { attend_paged, LEAST_BLOCK, LINE, scorePage, softmax } from "./paged";
import { madd } from "./madd";
import { roundUp } from "./segments";

/**
 * As {@link attend_paged}, for elements of 16 or 8 bits.
 *
 * @param scratch `pagedScratchSize(count + n - 1, headDim, { heads, kv })` floats
 */
export function attendNarrow(
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
  if (n >= LEAST_BLOCK) {
    attendWidened(out, q, cache, table, n, count, heads, headDim, ldOut, ldQ, pageBytes, bits, scratch);
    return;
  }
  for (; n > 0; n--) {
    attendOne(out, q, cache, table, count, heads, headDim, pageBytes, bits, scratch);
    out += <usize> ldOut << 2;
    q += <usize> ldQ << 2;
    count++;
  }
}

/** Many queries: all pages are widened first. */
function attendWidened(
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
  const total = count + n - 1;
  const pages = roundUp(total, PAGE) / PAGE;
  const keyBytes = <usize> headDim * (PAGE * 4);
  const wideBytes = keyBytes + <usize> roundUp(headDim, 4) * (PAGE * 4);
  const wideTable = scratch + wideBytes * pages;
  for (let p = 0; p < pages; p++) {
    const page = cache + <usize> load<i32>(table + (<usize> p << 2)) * pageBytes;
    const wide = scratch + wideBytes * p;
    const rows = min(PAGE, total - p * PAGE);
    widenKeys(wide, page, rows, headDim, bits, false);
    widenValues(wide + keyBytes, page, rows, headDim, bits, false);
    store<i32>(wideTable + (<usize> p << 2), p);
  }
  const rest = wideTable + (<usize> roundUp(pages, 4) << 2);
  attend_paged(out, q, scratch, wideTable, n, count, heads, headDim, ldOut, ldQ, wideBytes, 32, rest);
}

/** One query of each head: a page is widened for all heads, and stays in the fastest cache meanwhile. */
function attendOne(
  out: usize,
  q: usize,
  cache: usize,
  table: usize,
  count: i32,
  heads: i32,
  headDim: i32,
  pageBytes: usize,
  bits: i32,
  scratch: usize,
): void {
  const headBytes = <usize> headDim << 2;
  const ld = <usize> roundUp(headDim, 4) << 2;
  const wide = scratch;
  const sums = wide + ld * PAGE;
  const factors = sums + ld * heads;
  const queries = factors + (<usize> roundUp(heads, 4) << 2);
  const scores = queries + (<usize> roundUp(heads * headDim, 4) << 2);
  const line = <usize> roundUp(count, PAGE) << 2;
  const scale = <f32> (1 / sqrt(<f64> headDim));
  // A power of two on the other side of a product changes none of its bits.
  const placed = bits == 16 && copyScaled(queries, q, heads * headDim, PLACED);
  if (placed) q = queries;
  for (let first = 0; first < count; first += PAGE) {
    const page = cache + <usize> load<i32>(table + (<usize> (first / PAGE) << 2)) * pageBytes;
    widenKeys(wide, page, min(PAGE, count - first), headDim, bits, placed);
    const at = scores + <usize> (first / PAGE) * LINE;
    for (let h = 0; h < heads; h++) scorePage(at + line * h, q + headBytes * h, wide, headDim);
  }
  for (let h = 0; h < heads; h++) {
    const own = scores + line * h;
    for (let j = own + (<usize> count << 2); j < own + line; j += 4) store<f32>(j, -Infinity);
    store<f32>(factors + (<usize> h << 2), 1 / softmax(own, count, scale));
    if (placed) copyScaled(own, own, count, PLACED);
  }
  memory.fill(sums, 0, ld * heads);
  for (let first = 0; first < count; first += PAGE) {
    const page = cache + <usize> load<i32>(table + (<usize> (first / PAGE) << 2)) * pageBytes;
    const rows = min(PAGE, count - first);
    widenValues(wide, page, rows, headDim, bits, placed);
    const at = scores + <usize> (first / PAGE) * LINE;
    for (let h = 0; h < heads; h++) mixPage(sums + ld * h, at + line * h, wide, rows, ld);
  }
  for (let h = 0; h < heads; h++) {
    const factor = load<f32>(factors + (<usize> h << 2));
    for (let d: usize = 0; d < headBytes; d += 4) {
      store<f32>(out + headBytes * h + d, load<f32>(sums + ld * h + d) * factor);
    }
  }
}

/** `to[n]`: `from` times `factor`; false where one is so great that the product might have no number. */
function copyScaled(to: usize, from: usize, n: i32, factor: f32): bool {
  let top: f32 = 0;
  for (; n > 0; n--) {
    const x = load<f32>(from);
    top = max(top, abs(x));
    store<f32>(to, x * factor);
    from += 4;
    to += 4;
  }
  return top < 32768;
}

/** Adds a page's values by their weights, row after row. */
function mixPage(sums: usize, weights: usize, values: usize, rows: i32, ld: usize): void {
  let left = ld;
  for (; left >= 128; left -= 128) {
    let s0 = v128.load(sums);
    let s1 = v128.load(sums, 16);
    let s2 = v128.load(sums, 32);
    let s3 = v128.load(sums, 48);
    let s4 = v128.load(sums, 64);
    let s5 = v128.load(sums, 80);
    let s6 = v128.load(sums, 96);
    let s7 = v128.load(sums, 112);
    let row = values;
    let weight = weights;
    for (let j = rows; j > 0; j--) {
      const x = v128.load32_splat(weight);
      s0 = madd(x, v128.load(row), s0);
      s1 = madd(x, v128.load(row, 16), s1);
      s2 = madd(x, v128.load(row, 32), s2);
      s3 = madd(x, v128.load(row, 48), s3);
      s4 = madd(x, v128.load(row, 64), s4);
      s5 = madd(x, v128.load(row, 80), s5);
      s6 = madd(x, v128.load(row, 96), s6);
      s7 = madd(x, v128.load(row, 112), s7);
      weight += 4;
      row += ld;
    }
    v128.store(sums, s0);
    v128.store(sums, s1, 16);
    v128.store(sums, s2, 32);
    v128.store(sums, s3, 48);
    v128.store(sums, s4, 64);
    v128.store(sums, s5, 80);
    v128.store(sums, s6, 96);
    v128.store(sums, s7, 112);
    sums += 128;
    values += 128;
  }
  for (; left > 0; left -= 16) {
    let sum = v128.load(sums);
    let row = values;
    let weight = weights;
    for (let j = rows; j > 0; j--) {
      sum = madd(v128.load32_splat(weight), v128.load(row), sum);
      weight += 4;
      row += ld;
    }
    v128.store(sums, sum);
    sums += 16;
    values += 16;
  }
}

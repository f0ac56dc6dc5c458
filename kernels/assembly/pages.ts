/**
 * Where keys and values lie in pages (Kwon et al., arXiv:2309.06180): a sequence's table names its
 * pages in order. Within a page the keys of one head are `[PAGE / MR][headDim][MR]`, panels as products
 * take them, and its values `[PAGE][ld]`, ld being headDim rounded up to four, one after the other.
 */
import { MR, PAGE } from "../build/sizes";
import { writeNarrow } from "./narrow_pages";
import { packA } from "./pack";
import { roundUp } from "./segments";

/**
 * Puts keys and values of `n` tokens from `position` on in their pages, in elements of `bits` bits: 32,
 * or for those of narrow_pages.ts 16 or 8.
 *
 * @param cache the head's keys in page 0; pages are `pageBytes` apart
 * @param table i32, the pages of the sequence
 * @param k `[n, headDim]`, rows `ld` floats apart, as `v`
 */
export function cache_write(
  cache: usize,
  table: usize,
  k: usize,
  v: usize,
  n: i32,
  position: i32,
  headDim: i32,
  ld: i32,
  pageBytes: usize,
  bits: i32,
): void {
  if (bits != 32) {
    writeNarrow(cache, table, k, v, n, position, headDim, ld, pageBytes, bits);
    return;
  }
  const valueRow = <usize> roundUp(headDim, 4) << 2;
  const headBytes = <usize> headDim << 2;
  const keyBytes = headBytes * PAGE;
  const ldBytes = <usize> ld << 2;
  while (n > 0) {
    const page = cache + <usize> load<i32>(table + (<usize> (position / PAGE) << 2)) * pageBytes;
    const slot = <usize> (position % PAGE);
    const key = page + slot / MR * headBytes * MR;
    let count = 1;
    if (slot % MR == 0 && n >= MR) {
      packA(key, k, MR, headDim, ld, 0);
      count = MR;
    } else putKey(key + (slot % MR << 2), k, headDim);
    let value = page + keyBytes + slot * valueRow;
    for (let i = 0; i < count; i++) {
      putValue(value, v, headDim);
      value += valueRow;
      v += ldBytes;
    }
    k += ldBytes * count;
    position += count;
    n -= count;
  }
}

function putKey(to: usize, from: usize, headDim: i32): void {
  for (; headDim > 0; headDim--) {
    store<f32>(to, load<f32>(from));
    to += MR * 4;
    from += 4;
  }
}

function putValue(to: usize, from: usize, headDim: i32): void {
  for (; headDim >= 4; headDim -= 4) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  }
  for (; headDim > 0; headDim--) {
    store<f32>(to, load<f32>(from));
    to += 4;
    from += 4;
  }
}

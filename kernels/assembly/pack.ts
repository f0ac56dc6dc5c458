/**
 * Packing: copies a matrix into the panels that {@link tile} reads front to back. Short panels are
 * padded with zeros, so that the tile needs no edge code.
 */
import { MR, NR } from "../build/sizes";
import { transpose4 } from "./transpose";

/** Floats in a line of the cache. */
const LINE: i32 = 16;

/** `a[m, k]`, rows `ld` floats apart, to panels of MR rows `[ceil(m / MR)][k][MR]`. */
export function pack_a(dst: usize, src: usize, m: i32, k: i32, ld: i32): void {
  packA(dst, src, m, k, ld, <usize> k * (MR * 4));
}

/** {@link pack_a} to panels `panelBytes` apart. */
export function packA(
  dst: usize,
  src: usize,
  m: i32,
  k: i32,
  ld: i32,
  panelBytes: usize,
): void {
  for (let i = 0; i < m; i += MR) {
    packFour(dst, src, min(MR, m - i), k, <usize> ld << 2, MR * 4);
    dst += panelBytes;
    src += <usize> ld * (MR * 4);
  }
}

/** Four rows or fewer to columns `step` bytes apart, filled up with zeros. */
@inline
export function packFour(
  dst: usize,
  src: usize,
  rows: i32,
  k: i32,
  rowBytes: usize,
  step: usize,
): void {
  if (rows == 4) {
    for (; k >= 4; k -= 4) {
      transpose4(dst, src, rowBytes, step);
      dst += step * 4;
      src += 16;
    }
  }
  for (; k > 0; k--) {
    let from = src;
    for (let r = 0; r < 4; r++) {
      store<f32>(dst + (<usize> r << 2), r < rows ? load<f32>(from) : 0);
      from += rowBytes;
    }
    dst += step;
    src += 4;
  }
}

/** `a = srcᵀ` with `src[k, m]`, rows `ld` floats apart, to the form of {@link pack_a}. */
export function pack_a_transposed(dst: usize, src: usize, m: i32, k: i32, ld: i32): void {
  packATransposed(dst, src, m, k, ld, <usize> k * (MR * 4));
}

/** {@link pack_a_transposed} to panels `panelBytes` apart. */
export function packATransposed(
  dst: usize,
  src: usize,
  m: i32,
  k: i32,
  ld: i32,
  panelBytes: usize,
): void {
  const rowBytes = <usize> ld << 2;
  let i = 0;
  for (; i + LINE <= m; i += LINE) {
    packLine(dst, src + (<usize> i << 2), k, rowBytes, panelBytes);
    dst += panelBytes * (LINE / MR);
  }
  for (; i < m; i += MR) {
    const rows = min(MR, m - i);
    let from = src + (<usize> i << 2);
    let to = dst;
    if (rows == MR) {
      for (let kk = 0; kk < k; kk++) {
        v128.store(to, v128.load(from));
        from += rowBytes;
        to += MR * 4;
      }
    } else {
      for (let kk = 0; kk < k; kk++) {
        copyPadded(to, from, rows, MR);
        from += rowBytes;
        to += MR * 4;
      }
    }
    dst += panelBytes;
  }
}

/** Sixteen columns to their four panels, so that a line of the cache is read once. */
function packLine(dst: usize, src: usize, k: i32, rowBytes: usize, panelBytes: usize): void {
  let dst1 = dst + panelBytes;
  let dst2 = dst1 + panelBytes;
  let dst3 = dst2 + panelBytes;
  for (; k > 0; k--) {
    v128.store(dst, v128.load(src));
    v128.store(dst1, v128.load(src, 16));
    v128.store(dst2, v128.load(src, 32));
    v128.store(dst3, v128.load(src, 48));
    dst += MR * 4;
    dst1 += MR * 4;
    dst2 += MR * 4;
    dst3 += MR * 4;
    src += rowBytes;
  }
}

/** `b[k, n]`, rows `ld` floats apart, to panels of NR columns `[k][NR]`, `panelStride` floats apart. */
export function pack_b(
  dst: usize,
  src: usize,
  k: i32,
  n: i32,
  ld: i32,
  panelStride: i32,
): void {
  const rowBytes = <usize> ld << 2;
  for (let j = 0; j < n; j += NR) {
    const cols = min(NR, n - j);
    let from = src + (<usize> j << 2);
    let to = dst;
    if (cols == NR) {
      for (let kk = 0; kk < k; kk++) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
        v128.store(to, v128.load(from, 32), 32);
        from += rowBytes;
        to += NR * 4;
      }
    } else {
      for (let kk = 0; kk < k; kk++) {
        copyPadded(to, from, cols, NR);
        from += rowBytes;
        to += NR * 4;
      }
    }
    dst += <usize> panelStride << 2;
  }
}

/** `b = srcᵀ` with `src[n, k]`, rows `ld` floats apart, to the form of {@link pack_b}. */
export function pack_b_transposed(
  dst: usize,
  src: usize,
  k: i32,
  n: i32,
  ld: i32,
  panelStride: i32,
): void {
  const rowBytes = <usize> ld << 2;
  for (let j = 0; j < n; j += NR) {
    packRowsB(dst, src, min(NR, n - j), k, rowBytes);
    dst += <usize> panelStride << 2;
    src += rowBytes * NR;
  }
}

function packRowsB(dst: usize, src: usize, rows: i32, k: i32, rowBytes: usize): void {
  let kk = 0;
  if (rows == NR) {
    for (; kk + 4 <= k; kk += 4) {
      const at = src + (<usize> kk << 2);
      transpose4(dst, at, rowBytes, NR * 4);
      transpose4(dst + 16, at + rowBytes * 4, rowBytes, NR * 4);
      transpose4(dst + 32, at + rowBytes * 8, rowBytes, NR * 4);
      dst += NR * 16;
    }
  }
  for (; kk < k; kk++) {
    const at = src + (<usize> kk << 2);
    for (let r = 0; r < NR; r++) {
      store<f32>(dst, r < rows ? load<f32>(at + <usize> r * rowBytes) : 0);
      dst += 4;
    }
  }
}

@inline
function copyPadded(dst: usize, src: usize, count: i32, width: i32): void {
  for (let i = 0; i < width; i++) {
    const at = <usize> i << 2;
    store<f32>(dst + at, i < count ? load<f32>(src + at) : 0);
  }
}

/** Matrix product of packed operands, blocked for the caches (Goto and van de Geijn, 2008). */
import { MR, NR, tile } from "./tile";

/** Most of k that is summed in registers at once: panels of A and B this long share the L1 cache. */
const KC: i32 = 512;
/** Floats of packed A to stay in the L2 cache while the panels of B pass by. */
const A_BLOCK: i32 = 96 * 1024;

/**
 * `c[m, n] = (accumulate ? c : 0) + a · b`.
 *
 * Each element is one running sum over k, cut only at places that depend on k alone: splitting m or n
 * over several calls gives the same bits.
 *
 * @param a packed `[ceil(m / MR)][k][MR]`
 * @param b packed `[ceil(n / NR)][k][NR]`
 * @param ldc floats from one row of c to the next
 */
export function gemm(
  c: usize,
  a: usize,
  b: usize,
  m: i32,
  n: i32,
  k: i32,
  ldc: i32,
  accumulate: i32,
): void {
  multiply(c, a, b, m, n, k, ldc, <usize> k * (MR * 4), <usize> k * (NR * 4), accumulate);
}

/** {@link gemm} of panels that are `strideA` and `strideB` bytes apart. */
export function multiply(
  c: usize,
  a: usize,
  b: usize,
  m: i32,
  n: i32,
  k: i32,
  ldc: i32,
  strideA: usize,
  strideB: usize,
  accumulate: i32,
): void {
  const blocks = max((k + KC - 1) / KC, 1);
  const depth = (k + blocks - 1) / blocks;
  const height = max(A_BLOCK / max(depth, 1) / MR * MR, MR);
  const rowBytes = <usize> ldc << 2;
  for (let i0 = 0; i0 < m; i0 += height) {
    const i1 = min(i0 + height, m);
    for (let k0 = 0; k0 < k || k0 == 0; k0 += depth) {
      const kc = min(depth, k - k0);
      for (let j = 0; j < n; j += NR) {
        const panelB = b + <usize> (j / NR) * strideB + <usize> k0 * (NR * 4);
        const cols = min(NR, n - j);
        for (let i = i0; i < i1; i += MR) {
          tile(
            c + <usize> i * rowBytes + (<usize> j << 2),
            a + <usize> (i / MR) * strideA + <usize> k0 * (MR * 4),
            panelB,
            kc,
            rowBytes,
            min(MR, m - i),
            cols,
            accumulate | i32(k0 > 0),
          );
        }
      }
      if (depth == 0) break;
    }
  }
}

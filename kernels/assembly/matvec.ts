/** The product of one row with packed weights: bound by the memory that the weights stream from. */
import { matvec_f32_1x12_simd128 } from "../build/matvec_f32_1x12_simd128";
import { NR } from "../build/sizes";
import { depthOf } from "./gemm";

/** Bytes of one k in a panel. */
const STEP: usize = NR * 4;

/**
 * `y[n] = (accumulate ? y : 0) + x[k] · b`, to the bits of {@link gemm} with one row. Panel after panel,
 * so that memory is read in one stream: of several at once it gives a quarter less.
 *
 * @param b packed `[ceil(n / NR)][k][NR]`
 */
export function matvec(y: usize, x: usize, b: usize, n: i32, k: i32, accumulate: i32): void {
  const depth = depthOf(k);
  for (; n > 0; n -= NR) {
    let row = x;
    for (let k0 = 0; k0 < k; k0 += depth) {
      const steps = min(depth, k - k0);
      matvec_f32_1x12_simd128(y, row, b, steps, min(NR, n), accumulate | i32(k0 > 0));
      row += <usize> steps << 2;
      b += <usize> steps * STEP;
    }
    y += STEP;
  }
}

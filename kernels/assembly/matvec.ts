/** The product of one row with packed weights: bound by the memory that the weights stream from. */
import { matvec_f32_1x12_simd128 } from "../build/matvec_f32_1x12_simd128";
import { matvec_f32_1x36_simd128 } from "../build/matvec_f32_1x36_simd128";
import { NR } from "../build/sizes";
import { depthOf } from "./gemm";

/** Panels that are read side by side. */
export const PANELS: i32 = 3;
/** Bytes of one k in a panel. */
const STEP: usize = NR * 4;

/**
 * `y[n] = (accumulate ? y : 0) + x[k] · b`, to the bits of {@link gemm} with one row.
 *
 * @param b packed `[ceil(n / NR)][k][NR]`
 */
export function matvec(y: usize, x: usize, b: usize, n: i32, k: i32, accumulate: i32): void {
  const stride = <usize> k * STEP;
  const depth = depthOf(k);
  while (n > 0) {
    const panels = n >= PANELS * NR ? PANELS : 1;
    for (let k0 = 0; k0 < k; k0 += depth) {
      const from = b + <usize> k0 * STEP;
      const row = x + (<usize> k0 << 2);
      const more = accumulate | i32(k0 > 0);
      const steps = min(depth, k - k0);
      if (panels > 1) matvec_f32_1x36_simd128(y, row, from, stride, steps, more);
      else matvec_f32_1x12_simd128(y, row, from, stride, steps, min(NR, n), more);
    }
    n -= panels * NR;
    y += <usize> panels * STEP;
    b += <usize> panels * stride;
  }
}

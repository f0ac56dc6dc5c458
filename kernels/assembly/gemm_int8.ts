/**
 * Products of int8: rows quantised to -127 to 127 with a scale each, by weights of 1 to 127, which
 * stand for -63 to 63 and have a scale a column. Sums are whole numbers and exact, so an element's bits
 * depend on its own row and column alone.
 *
 * The weights are the operand of seven bits because theirs are spread more evenly than a row's.
 */
import { gemm_int8_4x12_simd128 } from "../build/gemm_int8_4x12_simd128";
import { matvec_int8_1x12_simd128 } from "../build/matvec_int8_1x12_simd128";
import { MR, NR, WEIGHT_ZERO } from "../build/sizes";

/** Bytes of a word of k in a panel of either operand. */
const STEP_A: usize = MR * 4;
const STEP_B: usize = NR * 4;

/**
 * `c[m, n] = (accumulate ? c : 0) + a · b`.
 *
 * @param a words of four bytes, packed `[ceil(m / MR)][k / 4][MR]`
 * @param sumsA i32[m], of the bytes of each row
 * @param b words, packed `[ceil(n / NR)][k / 4][NR]`
 * @param words k / 4, rounded up
 * @param scratch a tile of words
 */
export function gemm_int8(
  c: usize,
  a: usize,
  scalesA: usize,
  sumsA: usize,
  b: usize,
  scalesB: usize,
  m: i32,
  n: i32,
  words: i32,
  ldc: i32,
  accumulate: i32,
  scratch: usize,
): void {
  const rowBytes = <usize> ldc << 2;
  for (; n > 0; n -= NR) {
    let panel = a;
    let to = c;
    for (let i = 0; i < m; i += MR) {
      const rows = min(MR, m - i);
      gemm_int8_4x12_simd128(scratch, panel, b, words, STEP_B, rows, NR, 0);
      for (let r = 0; r < rows; r++) {
        const at = <usize> (i + r) << 2;
        scaleSums(
          to,
          scratch + <usize> r * STEP_B,
          scalesB,
          min(NR, n),
          load<f32>(scalesA + at),
          load<i32>(sumsA + at),
          accumulate,
        );
        to += rowBytes;
      }
      panel += <usize> words * STEP_A;
    }
    b += <usize> words * STEP_B;
    c += STEP_B;
    scalesB += STEP_B;
  }
}

/** {@link gemm_int8} of one row `x`, which is not packed; `scratch`: a row of a tile. */
export function matvec_int8(
  y: usize,
  x: usize,
  scaleX: usize,
  sumX: usize,
  b: usize,
  scalesB: usize,
  n: i32,
  words: i32,
  accumulate: i32,
  scratch: usize,
): void {
  const scale = load<f32>(scaleX);
  const sum = load<i32>(sumX);
  for (; n > 0; n -= NR) {
    matvec_int8_1x12_simd128(scratch, x, b, words, NR, 0);
    scaleSums(y, scratch, scalesB, min(NR, n), scale, sum, accumulate);
    y += STEP_B;
    scalesB += STEP_B;
    b += <usize> words * STEP_B;
  }
}

/** Whole sums of one row to f32; `sumA` times the weights' zero is in each sum too much. */
function scaleSums(
  c: usize,
  sums: usize,
  scalesB: usize,
  cols: i32,
  scaleA: f32,
  sumA: i32,
  accumulate: i32,
): void {
  const excess = sumA * WEIGHT_ZERO;
  const excesses = i32x4.splat(excess);
  const scales = f32x4.splat(scaleA);
  for (; cols >= 4; cols -= 4) {
    const whole = f32x4.convert_i32x4_s(i32x4.sub(v128.load(sums), excesses));
    let value = f32x4.mul(whole, f32x4.mul(scales, v128.load(scalesB)));
    if (accumulate) value = f32x4.add(v128.load(c), value);
    v128.store(c, value);
    c += 16;
    sums += 16;
    scalesB += 16;
  }
  for (; cols > 0; cols--) {
    let value = <f32> (load<i32>(sums) - excess) * (scaleA * load<f32>(scalesB));
    if (accumulate) value += load<f32>(c);
    store<f32>(c, value);
    c += 4;
    sums += 4;
    scalesB += 4;
  }
}

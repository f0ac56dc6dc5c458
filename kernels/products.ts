/**
 * The kernels of matrix products and of packing their operands, with the conventions of kernels.ts.
 *
 * @module
 */

/** Packing, products of f32, products of int8. */
export interface ProductKernels {
  /** `src[m, k]` → panels of MR rows, `dst[ceil(m/MR)][k][MR]`, zero padded: {@linkcode packedASize} floats. */
  pack_a(dst: number, src: number, m: number, k: number, ld: number): void;
  /** As `pack_a` of A = srcᵀ, `src[k, m]`. */
  pack_a_transposed(dst: number, src: number, m: number, k: number, ld: number): void;
  /**
   * `src[k, n]` → panels of NR columns, each `[k][NR]`, zero padded, `panelStride` floats apart
   * (`k * NR` when contiguous; more to fill a range of k of a larger matrix).
   */
  pack_b(dst: number, src: number, k: number, n: number, ld: number, panelStride: number): void;
  /** As `pack_b` of B = srcᵀ, `src[n, k]`: a weight `[out, in]` used as X·Wᵀ has k = in, n = out. */
  pack_b_transposed(
    dst: number,
    src: number,
    k: number,
    n: number,
    ld: number,
    panelStride: number,
  ): void;
  /**
   * `c[m, n] = (accumulate ? c : 0) + a·b` of packed a and b. Splitting m or n over calls gives the
   * same bits (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008).
   */
  gemm(
    c: number,
    a: number,
    b: number,
    m: number,
    n: number,
    k: number,
    ldc: number,
    accumulate: number,
  ): void;

  /** Has `gemm` use the tile at this address; 0 for none. See kernels/simd256. */
  use_simd256(base: number): void;

  /** `src[m, k]` → interleaved panels of {@linkcode INTERLEAVED_ROWS}, `dst[ceil(m/16)][k][16]`, zero padded. */
  pack_interleaved(dst: number, src: number, m: number, k: number, ld: number): void;
  /** As `gemm`, to its bits, of interleaved panels: where there is a 256-bit tile, for few rows. */
  gemm_interleaved(...args: Parameters<ProductKernels["gemm"]>): void;

  /** `y[n] = (accumulate ? y : 0) + x[k] · b` of packed b, to the bits of `gemm` with one row. */
  matvec(y: number, x: number, b: number, n: number, k: number, accumulate: number): void;

  /**
   * `x[n, d] ≈ (q − offset) · scales[n]`: bytes, one scale a row, `q − offset` from `−limit` to `limit`.
   * Rows of q are filled up with zeros to {@linkcode wordsOf} d. `sums` i32[n]: of each row of q.
   */
  quantize_rows(
    q: number,
    scales: number,
    sums: number,
    x: number,
    n: number,
    d: number,
    limit: number,
    offset: number,
  ): void;
  /** `dst[rows, cols]` f32 of rows of bf16, `ld` elements apart. */
  widen_bf16(dst: number, src: number, rows: number, cols: number, ld: number): void;
  /** `dst[rows, cols]` f32 of rows of int8, `ld` elements apart, each times its scale. */
  widen_int8(
    dst: number,
    src: number,
    scales: number,
    rows: number,
    cols: number,
    ld: number,
  ): void;
  /**
   * As `gemm`, of int8: rows of a with limit {@linkcode INT8_LIMIT} and offset 0, their scales and
   * sums; columns of b with {@linkcode WEIGHT_LIMIT} and {@linkcode WEIGHT_ZERO}, and their scales; both
   * packed as k = `words` words of four bytes. The same bits in both builds. `scratch`:
   * {@linkcode INT8_SCRATCH} words.
   */
  gemm_int8(
    c: number,
    a: number,
    scalesA: number,
    sumsA: number,
    b: number,
    scalesB: number,
    m: number,
    n: number,
    words: number,
    ldc: number,
    accumulate: number,
    scratch: number,
  ): void;
  /** As `gemm_int8`, to its bits, of interleaved panels: where there is a 256-bit tile, for few rows. */
  gemm_int8_interleaved(
    c: number,
    a: number,
    scalesA: number,
    sumsA: number,
    b: number,
    scalesB: number,
    m: number,
    n: number,
    words: number,
    ldc: number,
    accumulate: number,
  ): void;
  /** `gemm_int8` of one row, which is not packed, to the same bits. */
  matvec_int8(
    y: number,
    x: number,
    scaleX: number,
    sumX: number,
    b: number,
    scalesB: number,
    n: number,
    words: number,
    accumulate: number,
    scratch: number,
  ): void;
}

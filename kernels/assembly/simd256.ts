/** One block of a matrix product by the tile of kernels/simd256, 6 rows by 16 columns. */
import {
  ADD,
  B_AT,
  BEGUN,
  MR,
  NR,
  TILE_BYTES,
  TILE_COLS,
  TILE_STEPS,
  UNFINISHED,
  UNFINISHED_AT,
  SIMD256_BYTES,
} from "../build/sizes";

@external("simd256", "gemm_f32_6x16_simd256")
declare function gemm_f32_6x16_simd256(
  steps: i32,
  a4: usize,
  a2: usize,
  mode: i32,
  kept: usize,
  c4: usize,
  c2: usize,
  ldc: usize,
): void;

/** Most rows at once: as many panels as 64 KiB hold tiles, a multiple of 12 rows. */
const MAX_ROWS: i32 = ((SIMD256_BYTES - UNFINISHED_AT) / TILE_BYTES / 3) * 12;
/** Fewer rows do not pay for copying B. */
const MIN_ROWS: i32 = 24;

/** Where the tile's memory is; 0 where there is none. */
export let base: usize = 0;

/** Where the tile's memory is, from now on; 0 where there is none. */
export function use_simd256(at: usize): void {
  base = at;
}

/** Whether the tile takes a block of this size. */
@inline
export function takesSimd256(m: i32, n: i32, k: i32): bool {
  return base != 0 && m >= MIN_ROWS && n >= TILE_COLS && k > 0;
}

/** `c[m, n] = (accumulate ? c : 0) + a · b`, as the narrow tiles do it and to the same bits. */
export function multiplyBlockSimd256(
  c: usize,
  a: usize,
  b: usize,
  m: i32,
  n: i32,
  k: i32,
  rowBytes: usize,
  strideA: usize,
  strideB: usize,
  accumulate: i32,
): void {
  for (; m > MAX_ROWS; m -= MAX_ROWS) {
    multiplyBlockSimd256(c, a, b, MAX_ROWS, n, k, rowBytes, strideA, strideB, accumulate);
    c += MAX_ROWS * rowBytes;
    a += MAX_ROWS / MR * strideA;
  }
  for (let j = 0; j < n; j += TILE_COLS) {
    const cols = min(TILE_COLS, n - j);
    let done = 0;
    while (done < k) {
      const steps = stepsOf(k - done);
      copyColumns(b + <usize> done * (NR * 4), strideB, j >> 2, n, steps);
      multiplyColumns(
        c,
        a + <usize> done * (MR * 4),
        m,
        cols,
        steps,
        rowBytes,
        strideA,
        (done > 0 ? BEGUN : 0) | (done + steps < k ? UNFINISHED : 0) | (accumulate ? ADD : 0),
      );
      done += steps;
    }
    c += TILE_COLS * 4;
  }
}

/** How many steps of what is left of k the tile takes at once: 1 to 3, or a multiple of 4. */
@inline
export function stepsOf(k: i32): i32 {
  return k >= TILE_STEPS ? TILE_STEPS : k >= 4 ? k & ~3 : k;
}

/**
 * 16 columns of B, vectors of four in panels of three, to where the tile reads them. What columns past
 * the last vector get does not matter: they are not stored.
 */
function copyColumns(b: usize, strideB: usize, vector: i32, n: i32, steps: i32): void {
  const last = (n - 1) >> 2;
  for (let p = 0; p < 4; p++) {
    const q = min(vector + p, last);
    copyVectors(
      base + B_AT + <usize> p * 16,
      b + <usize> (q / 3) * strideB + <usize> (q % 3) * 16,
      steps,
    );
  }
}

function copyVectors(to: usize, from: usize, steps: i32): void {
  for (; steps >= 4; steps -= 4) {
    v128.store(to, v128.load(from));
    to += TILE_COLS * 4;
    from += NR * 4;
    v128.store(to, v128.load(from));
    to += TILE_COLS * 4;
    from += NR * 4;
    v128.store(to, v128.load(from));
    to += TILE_COLS * 4;
    from += NR * 4;
    v128.store(to, v128.load(from));
    to += TILE_COLS * 4;
    from += NR * 4;
  }
  for (; steps > 0; steps--) {
    v128.store(to, v128.load(from));
    to += TILE_COLS * 4;
    from += NR * 4;
  }
}

/** All rows by 16 columns over some steps of k: three panels of four rows are two tiles of six. */
function multiplyColumns(
  c: usize,
  a: usize,
  m: i32,
  cols: i32,
  steps: i32,
  rowBytes: usize,
  strideA: usize,
  mode: i32,
): void {
  let kept = base + UNFINISHED_AT;
  if (cols == TILE_COLS) {
    for (; m >= 12; m -= 12) {
      const middle = a + strideA;
      gemm_f32_6x16_simd256(steps, a, middle, mode, kept, c, c + 4 * rowBytes, rowBytes);
      kept += TILE_BYTES;
      const last = c + 8 * rowBytes;
      const c2 = c + 6 * rowBytes;
      gemm_f32_6x16_simd256(steps, middle + strideA, middle + 8, mode, kept, last, c2, rowBytes);
      kept += TILE_BYTES;
      a = middle + 2 * strideA;
      c += 12 * rowBytes;
    }
  }
  // A panel by itself: the tile computes two rows too many, and keeps what it has.
  for (; m > 0; m -= MR) {
    gemm_f32_6x16_simd256(steps, a, a, mode | UNFINISHED, kept, 0, 0, 0);
    if (!(mode & UNFINISHED)) {
      storeElements(c, kept, min(m, MR), cols, rowBytes, mode & ADD);
    }
    kept += TILE_BYTES;
    a += strideA;
    c += MR * rowBytes;
  }
}

/** A tile's elements to c. */
function storeElements(
  c: usize,
  kept: usize,
  rows: i32,
  cols: i32,
  rowBytes: usize,
  accumulate: i32,
): void {
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < cols; i++) {
      const at = c + (<usize> i << 2);
      const value = load<f32>(kept + (<usize> i << 2));
      store<f32>(at, accumulate ? load<f32>(at) + value : value);
    }
    c += rowBytes;
    kept += TILE_COLS * 4;
  }
}

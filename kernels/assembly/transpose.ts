/** Four rows of four, to four columns. */
import { storeWhole } from "./store";

/** From memory to memory, rows `srcBytes` and `dstBytes` apart. */
@inline
export function transpose4(dst: usize, src: usize, srcBytes: usize, dstBytes: usize): void {
  storeTransposed(
    dst,
    v128.load(src),
    v128.load(src + srcBytes),
    v128.load(src + srcBytes * 2),
    v128.load(src + srcBytes * 3),
    dstBytes,
    0,
  );
}

/** Four vectors, as columns of c or added to it. */
@inline
export function storeTransposed(
  c: usize,
  c0: v128,
  c1: v128,
  c2: v128,
  c3: v128,
  rowBytes: usize,
  accumulate: i32,
): void {
  const low01 = v128.shuffle<f32>(c0, c1, 0, 4, 1, 5);
  const low23 = v128.shuffle<f32>(c2, c3, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(c0, c1, 2, 6, 3, 7);
  const high23 = v128.shuffle<f32>(c2, c3, 2, 6, 3, 7);
  storeWhole(c, v128.shuffle<f64>(low01, low23, 0, 2), accumulate);
  storeWhole(c + rowBytes, v128.shuffle<f64>(low01, low23, 1, 3), accumulate);
  storeWhole(c + rowBytes * 2, v128.shuffle<f64>(high01, high23, 0, 2), accumulate);
  storeWhole(c + rowBytes * 3, v128.shuffle<f64>(high01, high23, 1, 3), accumulate);
}

/** A vector to memory; with `accumulate`, added to what is there. */

/** All four lanes. */
@inline
export function storeWhole(c: usize, v: v128, accumulate: i32): void {
  v128.store(c, accumulate ? f32x4.add(v128.load(c), v) : v);
}

/** The first `cols` lanes, at most four and perhaps none, touching nothing past them. */
export function storePart(c: usize, v: v128, cols: i32, accumulate: i32): void {
  for (; cols > 0; cols--) {
    const value = f32x4.extract_lane(v, 0);
    store<f32>(c, accumulate ? load<f32>(c) + value : value);
    v = v128.shuffle<f32>(v, v, 1, 2, 3, 3);
    c += 4;
  }
}

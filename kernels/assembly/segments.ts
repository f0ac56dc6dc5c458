/** Which keys a query may see: those of its own segment, up to itself. */

/**
 * For each of `count` queries from token i on, the first token of its segment, into i32[count];
 * returns the last of them. A segment is a run of equal ids; without ids (0) there is one.
 *
 * @param start first token of the segment that token i - 1 is in
 */
export function segmentStarts(
  starts: usize,
  segments: usize,
  i: i32,
  count: i32,
  start: i32,
): i32 {
  for (let q = 0; q < count; q++) {
    const at = segments + (<usize> (i + q) << 2);
    if (segments && i + q > 0 && load<i32>(at) != load<i32>(at - 4)) start = i + q;
    store<i32>(starts + (<usize> q << 2), start);
  }
  return start;
}

/**
 * Minus infinity for keys from `from` to below `to` of one query, whose scores are `stride` bytes
 * apart.
 */
export function hide(scores: usize, from: i32, to: i32, stride: usize): void {
  for (let j = from; j < to; j++) store<f32>(scores + <usize> j * stride, -Infinity);
}

/** A count rounded up to a multiple. */
@inline
export function roundUp(count: i32, multiple: i32): i32 {
  return (count + multiple - 1) / multiple * multiple;
}

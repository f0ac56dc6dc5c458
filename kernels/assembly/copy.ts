/** `dst[n] = src[n]`. JavaScript copies shared memory word by word; this is the engine's memmove. */
export function copy(dst: usize, src: usize, n: i32): void {
  memory.copy(dst, src, (<usize> n) << 2);
}

/** `dst[n] = 0`. */
export function zero(dst: usize, n: i32): void {
  memory.fill(dst, 0, (<usize> n) << 2);
}

/** Token embedding: rows of a table. */
import { add } from "./add";

/** `out[n, d]`: the rows of `table[., d]` at `ids` i32[n]. */
export function embedding(out: usize, table: usize, ids: usize, n: i32, d: i32): void {
  const rowBytes = <usize> d << 2;
  for (let i = 0; i < n; i++) {
    memory.copy(out, table + <usize> load<i32>(ids) * rowBytes, rowBytes);
    out += rowBytes;
    ids += 4;
  }
}

/** `dtable[ids[i]] += dx[i]`, in token order. */
export function embedding_backward(dtable: usize, dx: usize, ids: usize, n: i32, d: i32): void {
  const rowBytes = <usize> d << 2;
  for (let i = 0; i < n; i++) {
    add(dtable + <usize> load<i32>(ids) * rowBytes, dx, d);
    dx += rowBytes;
    ids += 4;
  }
}

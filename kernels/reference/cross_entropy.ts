import type { Numbers } from "./numbers.ts";

/** `logits[n, v]` in place to `(softmax − onehot) · scale · mask`; `losses[n]` in nats. */
export function cross_entropy(
  logits: Numbers,
  losses: Numbers,
  targets: ArrayLike<number>,
  mask: ArrayLike<number>,
  n: number,
  v: number,
  ld: number,
  scale: number,
): void {
  cross_entropy_loss(logits, losses, targets, mask, n, v, ld);
  for (let i = 0; i < n; i++) {
    const row = logits.subarray(i * ld, i * ld + v);
    const top = Math.max(...row);
    const sum = row.reduce((total, x) => total + Math.exp(x - top), 0);
    for (let j = 0; j < v; j++) {
      const onehot = j === targets[i] ? 1 : 0;
      row[j] = mask[i] ? (Math.exp(row[j]! - top) / sum - onehot) * scale : 0;
    }
  }
}

/** `losses[n] = −ln softmax(logits)[target] · mask`. */
export function cross_entropy_loss(
  logits: Numbers,
  losses: Numbers,
  targets: ArrayLike<number>,
  mask: ArrayLike<number>,
  n: number,
  v: number,
  ld: number,
): void {
  for (let i = 0; i < n; i++) {
    const row = logits.subarray(i * ld, i * ld + v);
    const top = Math.max(...row);
    const sum = row.reduce((total, x) => total + Math.exp(x - top), 0);
    losses[i] = mask[i] ? Math.log(sum) + (top - row[targets[i]!]!) : 0;
  }
}

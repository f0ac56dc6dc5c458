import type { Numbers } from "./numbers.ts";

/** Sizes of one sequence's attention, in the order the kernels take them. */
type Dims = [
  t: number,
  heads: number,
  kvHeads: number,
  headDim: number,
  ldQkv: number,
  ldOut: number,
];

/** Causal grouped-query attention within segments; see `Kernels.attention`. */
export function attention(
  out: Numbers,
  lse: Numbers,
  qkv: Numbers,
  segments: ArrayLike<number> | null,
  ...[t, heads, kvHeads, headDim, ldQkv, ldOut]: Dims
): void {
  for (let h = 0; h < heads; h++) {
    const { q, k, v } = offsets(h, heads, kvHeads, headDim);
    for (let i = 0; i < t; i++) {
      const start = segmentStart(segments, i);
      const scores: number[] = [];
      for (let j = start; j <= i; j++) {
        scores.push(dot(qkv, i * ldQkv + q, qkv, j * ldQkv + k, headDim) / Math.sqrt(headDim));
      }
      const top = Math.max(...scores);
      const sum = scores.reduce((total, score) => total + Math.exp(score - top), 0);
      lse[h * t + i] = top + Math.log(sum);
      for (let d = 0; d < headDim; d++) {
        let value = 0;
        for (const [j, score] of scores.entries()) {
          value += Math.exp(score - top) / sum * qkv[(start + j) * ldQkv + v + d]!;
        }
        out[i * ldOut + h * headDim + d] = value;
      }
    }
  }
}

/** Overwrites `dqkv` with the gradient of {@linkcode attention}. */
export function attention_backward(
  dqkv: Numbers,
  dout: Numbers,
  out: Numbers,
  lse: Numbers,
  qkv: Numbers,
  segments: ArrayLike<number> | null,
  ...[t, heads, kvHeads, headDim, ldQkv, ldOut]: Dims
): void {
  const width = (heads + 2 * kvHeads) * headDim;
  for (let i = 0; i < t; i++) dqkv.fill(0, i * ldQkv, i * ldQkv + width);
  const scale = 1 / Math.sqrt(headDim);
  for (let h = 0; h < heads; h++) {
    const { q, k, v } = offsets(h, heads, kvHeads, headDim);
    for (let i = 0; i < t; i++) {
      const atOut = i * ldOut + h * headDim;
      const atQ = i * ldQkv + q;
      const delta = dot(dout, atOut, out, atOut, headDim);
      for (let j = segmentStart(segments, i); j <= i; j++) {
        const [atK, atV] = [j * ldQkv + k, j * ldQkv + v];
        const p = Math.exp(dot(qkv, atQ, qkv, atK, headDim) * scale - lse[h * t + i]!);
        const ds = p * (dot(dout, atOut, qkv, atV, headDim) - delta) * scale;
        for (let d = 0; d < headDim; d++) {
          dqkv[atV + d]! += p * dout[atOut + d]!;
          dqkv[atQ + d]! += ds * qkv[atK + d]!;
          dqkv[atK + d]! += ds * qkv[atQ + d]!;
        }
      }
    }
  }
}

function offsets(h: number, heads: number, kvHeads: number, headDim: number) {
  const kv = Math.floor(h / (heads / kvHeads));
  return { q: h * headDim, k: (heads + kv) * headDim, v: (heads + kvHeads + kv) * headDim };
}

/** The first token of the run of equal ids that token i is in. */
function segmentStart(segments: ArrayLike<number> | null, i: number): number {
  if (!segments) return 0;
  while (i > 0 && segments[i - 1] === segments[i]) i--;
  return i;
}

function dot(a: Numbers, atA: number, b: Numbers, atB: number, length: number): number {
  let sum = 0;
  for (let d = 0; d < length; d++) sum += a[atA + d]! * b[atB + d]!;
  return sum;
}

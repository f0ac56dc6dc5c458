/**
 * What the kernels module exports: `(outputs, inputs, dims)`. Pointers are byte addresses in the
 * shared memory, a multiple of 4; sizes and strides count elements; matrices are row-major f32 unless
 * said otherwise. Nothing is validated, and only the stated outputs are written. No output may overlap
 * another argument except where a kernel is "in place".
 *
 * Letters: n rows (tokens), d width, t tokens of one sequence, `ld` the row stride.
 *
 * @module
 */

import type { ProductKernels } from "./products.ts";

/** The exports of one instance. */
export interface Kernels extends ProductKernels {
  /** 1 where multiply-adds may round once (relaxed SIMD), 0 in the plain build. */
  relaxed(): number;

  /**
   * `out[n, d] = x · rstd · weight`, `rstd[n] = 1 / √(mean(x²) + eps)` (Zhang and Sennrich,
   * arXiv:1910.07467); in place when `out` is `x`.
   */
  rms_norm(
    out: number,
    rstd: number,
    x: number,
    weight: number,
    n: number,
    d: number,
    eps: number,
  ): void;
  /** Adds to `dx[n, d]` and `dweight[d]`. */
  rms_norm_backward(
    dx: number,
    dweight: number,
    dout: number,
    x: number,
    weight: number,
    rstd: number,
    n: number,
    d: number,
  ): void;

  /**
   * Rotary embedding in place on the first `heads` heads of each row of `qkv[n, ld]`, half-split as
   * in Hugging Face's `rotate_half` (Su et al., arXiv:2104.09864). `cos`, `sin`
   * `[maxPositions, headDim/2]`, `positions` i32[n]; `sign` 1 rotates, -1 rotates back (backward).
   */
  rope(
    qkv: number,
    cos: number,
    sin: number,
    positions: number,
    n: number,
    heads: number,
    headDim: number,
    ld: number,
    sign: number,
  ): void;

  /**
   * Causal grouped-query attention of one sequence, scale 1/√headDim. A row of `qkv[t, ldQkv]` is
   * `[q heads | k heads | v heads]`; `out[t, ldOut]` holds heads·headDim per row; `lse[heads, t]` is the
   * log-sum-exp of each row of scores, kept for the backward pass. `segments` i32[t] or 0: attention
   * restarts where the id changes from one token to the next. `scratch`:
   * {@linkcode attentionScratchSize} floats.
   */
  attention(
    out: number,
    lse: number,
    qkv: number,
    segments: number,
    t: number,
    heads: number,
    kvHeads: number,
    headDim: number,
    ldQkv: number,
    ldOut: number,
    scratch: number,
  ): void;
  /**
   * Overwrites `dqkv[t, ldQkv]`, of the same form as `qkv`. `dout` and `out` have rows of `ldOut`.
   * `scratch`: {@linkcode attentionBackwardScratchSize} floats.
   */
  attention_backward(
    dqkv: number,
    dout: number,
    out: number,
    lse: number,
    qkv: number,
    segments: number,
    t: number,
    heads: number,
    kvHeads: number,
    headDim: number,
    ldQkv: number,
    ldOut: number,
    scratch: number,
  ): void;

  /**
   * Puts keys and values of `n` tokens from `position` on in pages of {@linkcode PAGE} tokens (Kwon et
   * al., arXiv:2309.06180). `k`, `v` `[n, headDim]` have rows of `ld`. `cache` is the head's place in
   * page 0, pages are `pageBytes` apart, `table` i32 names those of the sequence in order. A place
   * holds {@linkcode pageHeadSize} floats: keys `[PAGE / MR][headDim][MR]`, then values
   * `[PAGE][headDim rounded up to 4]`. Elements of `bits` bits are f32, or rounded to the nearest: IEEE
   * halves, from 2^-14 to 65,504, or int8 with a scale for each token's key and its value.
   */
  cache_write(
    cache: number,
    table: number,
    k: number,
    v: number,
    n: number,
    position: number,
    headDim: number,
    ld: number,
    pageBytes: number,
    bits: number,
  ): void;
  /**
   * Attention of `n` consecutive tokens over such pages, scale 1/√headDim, for `heads` query heads
   * that share them: `out[n, ldOut]`, `q[n, ldQ]` rotated. The first token sees `count` keys, itself
   * included, each other one more. A row has the same bits whatever the number of rows, and over
   * narrow elements those of f32 over what they stand for. `scratch`:
   * {@linkcode pagedScratchSize} floats of the last count.
   */
  attend_paged(
    out: number,
    q: number,
    cache: number,
    table: number,
    n: number,
    count: number,
    heads: number,
    headDim: number,
    ldOut: number,
    ldQ: number,
    pageBytes: number,
    bits: number,
    scratch: number,
  ): void;

  /** `out[n, ldOut] = silu(gate) · up` of `gate`, `up` `[n, f]`. */
  gate_columns(out: number, gate: number, up: number, n: number, f: number, ldOut: number): void;
  /** `out[n, f] = silu(gate) · up` of `gateUp[n, 2f] = [gate | up]` (Shazeer, arXiv:2002.05202). */
  swiglu(out: number, gateUp: number, n: number, f: number): void;
  /** Overwrites `dGateUp[n, 2f]`; in place when `dGateUp` is `gateUp`. */
  swiglu_backward(dGateUp: number, dOut: number, gateUp: number, n: number, f: number): void;

  /** `out[n, d]`: the rows of `table[., d]` at `ids` i32[n]. */
  embedding(out: number, table: number, ids: number, n: number, d: number): void;
  /** `dtable[ids[i]] += dx[i]`, in token order. */
  embedding_backward(dtable: number, dx: number, ids: number, n: number, d: number): void;

  /**
   * `logits[n, v]` in place to their gradient `(softmax − onehot) · scale · mask`, and
   * `losses[n] = −ln softmax[target] · mask` (nats). `targets`, `mask` i32[n]; where the mask is 0 the
   * target is not read and the row becomes zeros.
   */
  cross_entropy(
    logits: number,
    losses: number,
    targets: number,
    mask: number,
    n: number,
    v: number,
    ld: number,
    scale: number,
  ): void;
  /** The losses alone; `logits` keeps its values. */
  cross_entropy_loss(
    logits: number,
    losses: number,
    targets: number,
    mask: number,
    n: number,
    v: number,
    ld: number,
  ): void;

  /** `dst[n] += src[n]`. */
  add(dst: number, src: number, n: number): void;
  /** `dst[n] = src[n]`; the two may overlap. */
  copy(dst: number, src: number, n: number): void;
  /** `dst[n] = 0`. */
  zero(dst: number, n: number): void;
  /**
   * `weights f64[n] = e^((logits - greatest) · inverse)`, of one row; returns their sum, or NaN where the
   * greatest is not finite or a logit is not a number. Below e^-87 a weight is 0. `weights` is a
   * multiple of 8.
   */
  softmax_weights(weights: number, logits: number, n: number, inverse: number): number;

  /** Σ x², summed in f64 in an order fixed by n. */
  sum_squares(x: number, n: number): number;
  /**
   * One AdamW step as PyTorch's, in place on `w`, `m`, `v` (Loshchilov and Hutter,
   * arXiv:1711.05101). The gradient is first scaled by `clipScale`; `biasCorrection1` is `1 − beta1ᵗ`,
   * `biasCorrection2` `1 − beta2ᵗ`. Splitting n over calls gives the same bits.
   */
  adamw(
    w: number,
    m: number,
    v: number,
    g: number,
    n: number,
    lr: number,
    beta1: number,
    beta2: number,
    eps: number,
    weightDecay: number,
    clipScale: number,
    biasCorrection1: number,
    biasCorrection2: number,
  ): void;

  /**
   * Muon's momentum (Jordan et al., 2024): the exponential mean `m[n]` of the gradient `g[n]` times `scale`,
   * in place, and in `u[n]` the mean after the same gradient once more. As the next two in f64, rounded once.
   */
  muon_momentum(u: number, m: number, g: number, n: number, momentum: number, scale: number): void;
  /** `out[n] = a x[n]`; in place when `out` is `x`. */
  scale(out: number, x: number, n: number, a: number): void;
  /** `x[n] = a x[n] + b y[n]`. */
  blend(x: number, y: number, n: number, a: number, b: number): void;
  /** What is above the diagonal of `x[n, n]` becomes what is below it. */
  mirror(x: number, n: number): void;

  /** A register-only loop of {@linkcode FMA_PEAK_FLOPS} operations per iteration; ignore the value. */
  fma_peak(iterations: number): number;
  /** Reads `n` floats, a multiple of 32, with little arithmetic; ignore the value. */
  read_peak(x: number, n: number): number;
}

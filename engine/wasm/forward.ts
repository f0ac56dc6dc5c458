/**
 * One pass through the model, as one worker of several goes through it. Each phase is cut into
 * pieces of columns or heads that the workers take from a counter; what a piece needs beforehand
 * (a norm, a packed operand) each worker makes for itself when it takes its first one.
 *
 * No row's result depends on how many rows there are or who computed it.
 *
 * @module
 */
import { KV_BITS, pageHeadSize } from "../../kernels/mod.ts";
import { usesRope } from "../../model/architectures.ts";
import type { PassContext } from "./context.ts";
import { share, Word } from "./control_words.ts";
import { Segment } from "./plan.ts";
import { multiply } from "./product.ts";
import type { LayerWeights, Plain } from "./weights.ts";

/** Runs the pass that is in place. */
export function forward(context: PassContext): void {
  const { plan, area, kernels, words, ints } = context;
  const { hidden_size: D, intermediate_size: F, rms_norm_eps: eps } = plan.config;
  const { weights } = plan;
  const n = Atomics.load(words, Word.rows);
  let phase = 0;
  share(words, {
    phase: phase++,
    pieces: 1,
    each: () => kernels.embedding(plan.x, weights.embedding.address, plan.ids, n, D),
  });
  /** Normalised rows of x, made when first needed. */
  const normed = (norm: Plain) => () => {
    kernels.rms_norm(area.normed, area.rstd, plan.x, norm.address, n, D, eps);
    return area.normed;
  };
  for (const [index, layer] of weights.layers.entries()) {
    multiply(context, { phase: phase++, n, w: layer.qkv, input: normed(layer.inputNorm) })
      .into(plan.qkv);
    attend(context, { phase: phase++, n, index });
    multiply(context, { phase: phase++, n, w: layer.output, input: () => plan.attended })
      .addTo(plan.x);
    const { gate, up } = layer;
    multiply(context, { phase: phase++, n, w: gate, input: normed(layer.postNorm) })
      .each((product, { column, columns }) => {
        product(area.gate, gate, columns);
        product(area.up, up, columns);
        kernels.gate_columns(
          plan.activated + column * 4,
          area.gate,
          area.up,
          n,
          columns,
          F,
        );
      });
    multiply(context, { phase: phase++, n, w: layer.down, input: () => plan.activated })
      .addTo(plan.x);
  }
  const outputs = Atomics.load(words, Word.outputs);
  if (outputs === 0) return;
  const last = () => {
    for (let i = 0; i < outputs; i++) {
      const row = ints[plan.outputRows / 4 + i] as number;
      const x = plan.x + row * D * 4;
      kernels.rms_norm(area.normed + i * D * 4, area.rstd, x, weights.finalNorm.address, 1, D, eps);
    }
    return area.normed;
  };
  multiply(context, { phase, n: outputs, w: weights.head, input: last }).into(plan.logits);
}

/** Norms and rotates heads, stores keys and values, and attends, one group of heads a piece. */
function attend(
  { plan, area, kernels, words, ints }: PassContext,
  { phase, n, index }: { phase: number; n: number; index: number },
): void {
  const { num_attention_heads: H, num_key_value_heads: K, head_dim: N } = plan.config;
  const G = H / K, Q = (H + 2 * K) * N, A = H * N;
  const { queryNorm, keyNorm } = plan.weights.layers[index] as LayerWeights;
  const bits = KV_BITS[plan.kv];
  const rotates = usesRope(plan.config, index);
  const segments = Atomics.load(words, Word.segments);
  const prepare = (at: number, { heads, norm }: { heads: number; norm: Plain | undefined }) => {
    for (let row = 0; norm && row < n; row++) {
      const x = at + row * Q * 4;
      kernels.rms_norm(x, area.rstd, x, norm.address, heads, N, plan.config.rms_norm_eps);
    }
    if (!rotates) return;
    kernels.rope(at, plan.ropeCos, plan.ropeSin, plan.positions, n, heads, N, Q, 1);
  };
  share(words, {
    phase,
    pieces: K,
    each(head) {
      const queries = plan.qkv + head * G * N * 4;
      const keys = plan.qkv + (H + head) * N * 4;
      const values = plan.qkv + (H + K + head) * N * 4;
      const cache = plan.cache + (index * K + head) * pageHeadSize(N, plan.kv) * 4;
      prepare(queries, { heads: G, norm: queryNorm });
      prepare(keys, { heads: 1, norm: keyNorm });
      for (let s = 0; s < segments; s++) {
        const at = plan.segments / 4 + s * Segment.width;
        const row = ints[at] as number, rows = ints[at + 1] as number;
        const position = ints[at + 2] as number;
        const table = plan.tables + s * plan.pagesPerSequence * 4;
        const from = row * Q * 4;
        const k = keys + from, v = values + from, q = queries + from;
        const out = plan.attended + (row * A + head * G * N) * 4;
        const count = position + 1, bytes = plan.pageBytes;
        // One by one: spread arguments cost a sixth of this phase in a step of sixteen texts.
        kernels.cache_write(cache, table, k, v, rows, position, N, Q, bytes, bits);
        kernels.attend_paged(
          out,
          q,
          cache,
          table,
          rows,
          count,
          G,
          N,
          A,
          Q,
          bytes,
          bits,
          area.scores,
        );
      }
    },
  });
}

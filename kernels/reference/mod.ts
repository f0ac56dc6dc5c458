/**
 * Reference kernels in plain f64 TypeScript: same names, same order of arguments, arrays instead of
 * addresses. The tests check the kernels against them, and them against finite differences.
 *
 * @module
 */
export { pack_a, pack_a_transposed, pack_b, pack_b_transposed, pack_interleaved } from "./pack.ts";
export { gemm, gemm as gemm_interleaved } from "./gemm.ts";
export { matvec } from "./matvec.ts";
export {
  gemm_int8,
  gemm_int8 as gemm_int8_interleaved,
  matvec_int8,
  quantize_rows,
} from "./int8.ts";
export { widen_bf16, widen_int8 } from "./widen.ts";
export { attend_paged, cache_write } from "./paged.ts";
export { gate_columns } from "./gate.ts";
export { rms_norm, rms_norm_backward } from "./rms_norm.ts";
export { rope } from "./rope.ts";
export { attention, attention_backward } from "./attention.ts";
export { swiglu, swiglu_backward } from "./swiglu.ts";
export { embedding, embedding_backward } from "./embedding.ts";
export { cross_entropy, cross_entropy_loss } from "./cross_entropy.ts";
export { softmax_weights } from "./softmax_weights.ts";
export { add, copy, sum_squares, zero } from "./sum.ts";
export { adamw } from "./adamw.ts";
export { blend, mirror, muon_momentum, scale } from "./muon.ts";

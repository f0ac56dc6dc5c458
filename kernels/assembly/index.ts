/**
 * Every kernel, `(outputs, inputs, dims)`; pointers are byte addresses, sizes count elements.
 *
 * deno fmt keeps out of this folder: it drops the `@inline` of a function.
 */
export { relaxed } from "./madd";
export { pack_a, pack_a_transposed, pack_b, pack_b_transposed } from "./pack";
export { gemm } from "./gemm";
export { use_simd256 } from "./simd256";
export { gemm_int8_interleaved, gemm_interleaved, pack_interleaved } from "./gemm_interleaved";
export { matvec } from "./matvec";
export { gemm_int8, matvec_int8 } from "./gemm_int8";
export { quantize_rows } from "./quantize";
export { widen_bf16, widen_int8 } from "./widen";
export { rms_norm, rms_norm_backward } from "./rms_norm";
export { rope } from "./rope";
export { attention } from "./attention";
export { attention_backward } from "./attention_backward";
export { attend_paged } from "./paged";
export { cache_write } from "./pages";
export { gate_columns } from "./gate";
export { swiglu, swiglu_backward } from "./swiglu";
export { embedding, embedding_backward } from "./embedding";
export { cross_entropy, cross_entropy_loss } from "./cross_entropy";
export { add } from "./add";
export { copy, zero } from "./copy";
export { softmax_weights } from "./softmax_weights";
export { sum_squares } from "./sum_squares";
export { adamw } from "./adamw";
export { blend, mirror, muon_momentum, scale } from "./muon";
export { fma_peak } from "../build/fma_peak";
export { read_peak } from "./read_peak";

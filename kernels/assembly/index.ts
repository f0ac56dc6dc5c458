/** Every kernel, `(outputs, inputs, dims)`; pointers are byte addresses, sizes count elements. */
export { relaxed } from "./madd";
export { pack_a, pack_a_transposed, pack_b, pack_b_transposed } from "./pack";
export { gemm } from "./gemm";
export { adamw } from "./adamw";
export { fma_peak } from "./peak";

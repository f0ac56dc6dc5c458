/**
 * Tensors on disk in Hugging Face's safetensors format: a checked reader that trusts no file, and a
 * streaming writer. It knows nothing of models.
 *
 * @module
 */
export { openSafetensors } from "./read.ts";
export type { SafetensorsFile } from "./read.ts";
export { openWeights } from "./sharded.ts";
export { writeSafetensors } from "./write.ts";
export type { TensorData, WriteSafetensorsOptions } from "./write.ts";
export type { TensorInfo } from "./header.ts";
export type { FloatDtype } from "./convert.ts";

/**
 * Brings a model's parameters into an engine's memory, in the form that it multiplies by.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { type Kernels, NR, WEIGHT_LIMIT, WEIGHT_ZERO, wordsOf } from "../../kernels/mod.ts";
import { ropeTables } from "../../model/rope.ts";
import type { Plan } from "./plan.ts";
import { allMatrices, allPlain } from "./weights.ts";

/** Fills in rotary tables and weights, giving way to other work after every matrix. */
export async function placeParameters(
  parameters: Float32Array,
  { plan, memory, kernels }: { plan: Plan; memory: WebAssembly.Memory; kernels: Kernels },
): Promise<void> {
  const { config, weights, format } = plan;
  const floats = new Float32Array(memory.buffer);
  const { cos, sin } = ropeTables(config, { positions: config.max_position_embeddings });
  floats.set(cos, plan.ropeCos / 4);
  floats.set(sin, plan.ropeSin / 4);
  for (const { offset, size, address } of allPlain(weights)) {
    floats.set(parameters.subarray(offset, offset + size), address / 4);
  }
  for (const { offset, n, k, packed, scales } of allMatrices(weights)) {
    const source = plan.cache;
    floats.set(parameters.subarray(offset, offset + n * k), source / 4);
    if (format === "int8") {
      const words = wordsOf(k);
      const bytes = source + n * k * 4;
      const sums = bytes + n * words * 4;
      kernels.quantize_rows(bytes, scales, sums, source, n, k, WEIGHT_LIMIT, WEIGHT_ZERO);
      kernels.pack_b_transposed(packed, bytes, words, n, words, words * NR);
    } else {
      kernels.pack_b_transposed(packed, source, k, n, k, k * NR);
    }
    await setImmediate();
  }
}

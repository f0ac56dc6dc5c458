/**
 * Where a batch goes before the workers are told to begin.
 *
 * @module
 */
import { Word } from "./control_words.ts";
import type { MemoryPlan } from "./memory_plan.ts";
import type { SphereBatch } from "./spheres.ts";

/** Copies a batch into shared memory. */
export function placeBatch(
  batch: SphereBatch,
  { plan, memory, words }: { plan: MemoryPlan; memory: WebAssembly.Memory; words: Int32Array },
): void {
  const { rows, cols } = plan.dims;
  if (batch.cols !== cols || batch.rows > rows || batch.rows < 1) {
    throw new TypeError(
      `Cannot train on a batch of ${batch.rows} x ${batch.cols}: the spheres were opened for at ` +
        `most ${rows} rows of ${cols}`,
    );
  }
  const size = batch.rows * cols;
  const ints = (address: number) => new Int32Array(memory.buffer, address, size);
  ints(plan.inputIds).set(batch.inputIds);
  ints(plan.targetIds).set(batch.targetIds);
  ints(plan.mask).set(batch.mask);
  if (batch.segmentIds) ints(plan.segmentIds).set(batch.segmentIds);
  if (batch.weights) {
    new Float32Array(memory.buffer, plan.tokenWeights, size).set(batch.weights);
  }
  const positions = ints(plan.positions);
  for (let i = 0; i < size; i++) {
    const restarts = i % cols === 0 ||
      (batch.segmentIds && batch.segmentIds[i] !== batch.segmentIds[i - 1]);
    positions[i] = restarts ? 0 : (positions[i - 1] as number) + 1;
  }
  Atomics.store(words, Word.rows, batch.rows);
  Atomics.store(words, Word.segmented, batch.segmentIds ? 1 : 0);
  Atomics.store(words, Word.weighted, batch.weights ? 1 : 0);
}

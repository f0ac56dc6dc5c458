/**
 * A worker of the engine: goes through each pass together with the others.
 *
 * @module
 */
import { instantiateKernels } from "../../kernels/mod.ts";
import { joinPool } from "../../workers/mod.ts";
import { roundSpins } from "./control_words.ts";
import { forward } from "./forward.ts";
import type { Plan, WorkerPlan } from "./plan.ts";

/** Engine to worker, once. */
export interface WorkerStart {
  readonly worker: number;
  readonly plan: Plan;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

joinPool(({ worker, plan, module, memory }: WorkerStart) => {
  const ints = new Int32Array(memory.buffer);
  const words = ints.subarray(plan.control / 4);
  const area = plan.workers[worker] as WorkerPlan;
  const kernels = instantiateKernels(module, memory, area.simd256Tile);
  const context = { plan, area, kernels, words, ints };
  return {
    words,
    workers: plan.workers.length,
    work: () => forward(context),
    spins: roundSpins(worker),
  };
});

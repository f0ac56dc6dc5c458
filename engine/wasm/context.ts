import type { Kernels } from "../../kernels/mod.ts";
import type { Plan, WorkerPlan } from "./plan.ts";

/** A worker's view of the engine. */
export interface PassContext {
  readonly plan: Plan;
  readonly area: WorkerPlan;
  readonly kernels: Kernels;
  readonly words: Int32Array;
  /** The whole memory. */
  readonly ints: Int32Array;
}

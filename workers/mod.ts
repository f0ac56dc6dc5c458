/**
 * Sphere-parallel training: a control sphere (this process's handle), its workers and their leaf spheres;
 * and the worker pool that it shares with inference.
 *
 * @module
 */
export { DivergedError } from "./diverged.ts";
export { openSpheres } from "./control.ts";
export { type Evaluator, openEvaluator } from "./evaluator.ts";
export { FROZEN_TYPES, type FrozenType } from "./frozen.ts";
export type {
  MuonStep,
  OptimizerStep,
  SphereBatch,
  SphereCounters,
  Spheres,
  SpheresOptions,
  StepLimits,
  StepOutcome,
} from "./spheres.ts";
export type { HeadSample } from "./sample_area.ts";
export { createTopology, DEFAULT_LEAVES, type Topology } from "./topology.ts";
export { PoolWord, publish, waitFor } from "./pool_words.ts";
export { joinPool, type PoolWork } from "./pool_worker.ts";
export { WorkerPool } from "./worker_pool.ts";

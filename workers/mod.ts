/**
 * Sphere-parallel training: a control sphere (this process's handle), its workers and their leaves.
 *
 * @module
 */
export { DivergedError } from "./diverged.ts";
export { openSpheres } from "./control.ts";
export type {
  LeafOutcome,
  MuonStep,
  OptimizerStep,
  SphereBatch,
  Spheres,
  SpheresOptions,
  StepLimits,
  StepOutcome,
} from "./spheres.ts";
export { createTopology, DEFAULT_LEAVES, type Topology } from "./topology.ts";

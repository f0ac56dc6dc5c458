/**
 * Sphere-parallel training: a control sphere (this process's handle), its workers and their leaves.
 *
 * @module
 */
export { openSpheres, type Spheres, type SpheresOptions, type StepOutcome } from "./control.ts";
export type { OptimizerStep, SphereBatch } from "./control.ts";
export { createTopology, DEFAULT_LEAVES, type Topology } from "./topology.ts";

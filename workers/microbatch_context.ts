/**
 * Context of one worker while it runs a microbatch.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import { type FarCopies, instantiateFarCopies, type Kernels } from "../kernels/mod.ts";
import { createLayout } from "../model/layout.ts";
import { type Adapters, createAdapters } from "./adapter_groups.ts";
import { createGroups, type Groups, type ParameterGroup } from "./groups.ts";
import type { MemoryPlan } from "./memory_plan.ts";
import type { WorkerArea } from "./worker_area.ts";

/** Dimension letters of a model, declared once for the passes. */
export interface Dims {
  readonly D: number;
  readonly F: number;
  readonly V: number;
  readonly H: number;
  readonly K: number;
  readonly N: number;
  /** Width of a qkv row: (H + 2K) N */
  readonly Q: number;
  /** Width of an attention output row: H N */
  readonly A: number;
  /** T */
  readonly T: number;
}

/** A worker's view of the run. */
export interface MicrobatchContext {
  readonly config: ModelConfig;
  readonly kernels: Kernels;
  readonly plan: MemoryPlan;
  readonly area: WorkerArea;
  readonly groups: Groups;
  /** Set where these alone are trained, and the model's own weights are frozen. */
  readonly adapters?: Adapters;
  readonly dims: Dims;
  /** The whole near memory. */
  readonly f32: Float32Array;
  /** The way to the far memory. */
  readonly far: FarCopies;
  readonly words: Int32Array;
  /** Looks at a word before sleeping. */
  readonly spins: number;
}

/** Looks that last about as long as waking up does, where each worker has a core of its own. */
const SPINS = 50_000;

/** Rows `[first, end)` of the batch that form a microbatch. */
export interface MicrobatchRows {
  readonly first: number;
  readonly end: number;
  /** Whether the batch has segment ids. */
  readonly segmented: boolean;
}

/** Builds the context of worker `worker`. */
export function createMicrobatchContext(
  { plan, worker, kernels, memory, farMemory }: {
    plan: MemoryPlan;
    worker: number;
    kernels: Kernels;
    memory: WebAssembly.Memory;
    farMemory: WebAssembly.Memory;
  },
): MicrobatchContext {
  const { config, cols, lora } = plan.dims;
  const area = plan.areas[worker];
  if (!area) throw new RangeError(`Cannot run worker ${worker}: the plan has ${plan.areas.length}`);
  const { hidden_size, intermediate_size, vocab_size } = config;
  const { num_attention_heads: H, num_key_value_heads: K, head_dim: N } = config;
  const layout = createLayout(config);
  const groups = createGroups(config, layout);
  return {
    config,
    kernels,
    plan,
    area,
    groups,
    ...(lora && { adapters: createAdapters(lora, layout, groups) }),
    dims: {
      D: hidden_size,
      F: intermediate_size,
      V: vocab_size,
      H,
      K,
      N,
      Q: (H + 2 * K) * N,
      A: H * N,
      T: cols,
    },
    f32: new Float32Array(memory.buffer),
    far: instantiateFarCopies({ near: memory, far: farMemory }),
    words: new Int32Array(memory.buffer, plan.control, 4096),
    spins: plan.areas.length <= navigator.hardwareConcurrency ? SPINS : 0,
  };
}

/** Address of a group's weights. */
export function weightsOf({ plan, groups }: MicrobatchContext, group: ParameterGroup): number {
  if (group.index >= groups.all.length) return plan.trained + group.offset * 4;
  const address = plan.baseWeights[group.index];
  if (address === undefined) throw new TypeError(`Cannot read ${group.name}: it is stored small`);
  return address;
}

/** The group of an index, which an adapter's are too. */
export function groupOf({ groups, adapters }: MicrobatchContext, index: number): ParameterGroup {
  const { all } = groups;
  return (all[index] ?? adapters?.all[index - all.length]) as ParameterGroup;
}

/** Whether a group is left as it is. */
export function isFrozen({ groups, adapters }: MicrobatchContext, group: ParameterGroup): boolean {
  return adapters !== undefined && group.index < groups.all.length;
}

/** Address of the float `index` places after `address`. */
export function at(address: number, index: number): number {
  return address + index * 4;
}

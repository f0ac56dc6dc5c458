/**
 * What the root and its workers say to one another outside shared memory.
 *
 * @module
 */
import type { MemoryPlan } from "./memory_plan.ts";

/** Root to worker, once. */
export interface StartMessage {
  readonly kind: "start";
  readonly worker: number;
  readonly plan: MemoryPlan;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Whether products take the wide tile. */
  readonly wide: boolean;
}

/** Worker to root. */
export type WorkerMessage =
  | { readonly kind: "ready"; readonly worker: number }
  | {
    readonly kind: "failed";
    readonly worker: number;
    /** Logical leaf being run, undefined outside the leaf phase. */
    readonly leaf: number | undefined;
    readonly cause: unknown;
  };

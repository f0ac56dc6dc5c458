/**
 * What an engine and its workers say to one another outside shared memory.
 *
 * @module
 */
import type { Plan } from "./plan.ts";

/** Engine to worker, once. */
export interface StartMessage {
  readonly worker: number;
  readonly plan: Plan;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

/** Worker to engine. */
export type WorkerMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly worker: number; readonly cause: unknown };

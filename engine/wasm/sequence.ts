/**
 * A text in the cache of the engine.
 *
 * @module
 */
import type { Sequence } from "../engine.ts";
import type { PooledStates } from "./embedding.ts";
import type { Lease, PagePool } from "./pages.ts";

/** Token ids, and the pages that hold what was computed of them. */
export class WasmSequence implements Sequence {
  readonly ids: number[];
  readonly lease: Lease;
  readonly pool: PagePool;
  /** 1-based adapter; 0 for none. */
  readonly adapter: number;
  /** Tokens whose keys and values are in the cache. */
  cached: number;
  /** There where the text's embedding is asked for. */
  readonly states: PooledStates | undefined;

  constructor(
    ids: number[],
    { lease, pool, states, adapter }: {
      lease: Lease;
      pool: PagePool;
      states?: PooledStates | undefined;
      adapter: number;
    },
  ) {
    this.adapter = adapter;
    this.ids = ids;
    this.states = states;
    this.lease = lease;
    this.pool = pool;
    this.cached = lease.reused;
  }

  get length(): number {
    return this.ids.length;
  }

  get reused(): number {
    return this.lease.reused;
  }

  append(id: number): void {
    this.ids.push(id);
  }

  /** Takes note that the tokens up to `length` are in the cache now. */
  advance(length: number): void {
    this.cached = length;
    this.pool.remember(this.lease, { ids: this.ids, length });
  }

  [Symbol.dispose](): void {
    this.pool.release(this.lease);
  }
}

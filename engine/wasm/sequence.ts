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
  /** Tokens past the text's end whose keys and values are in the cache, should they come. */
  guessed: readonly number[] = [];
  /** Tokens that there is room for. */
  readonly room: number;
  /** There where the text's embedding is asked for. */
  readonly states: PooledStates | undefined;

  constructor(
    ids: number[],
    { lease, pool, states, adapter, room }: {
      room: number;
      lease: Lease;
      pool: PagePool;
      states?: PooledStates | undefined;
      adapter: number;
    },
  ) {
    this.adapter = adapter;
    this.room = room;
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
    const isKnown = this.guessed[0] === id;
    this.guessed = isKnown ? this.guessed.slice(1) : [];
    if (isKnown) this.cached++;
  }

  /** Takes note that the tokens up to `length` are in the cache now, and `guessed` after them. */
  advance(length: number, guessed: readonly number[]): void {
    this.cached = length;
    this.guessed = guessed;
    this.pool.remember(this.lease, { ids: this.ids, length });
  }

  [Symbol.dispose](): void {
    this.pool.release(this.lease);
  }
}

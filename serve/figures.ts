/**
 * What a server says of all its models together.
 *
 * @module
 */
import type { CacheUse } from "../engine/mod.ts";
import type { ModelPool } from "./model_pool.ts";

/** Figures as of now. */
export interface Figures {
  /** Generations that run. */
  readonly running: number;
  /** Generations in the queue. */
  readonly waiting: number;
  /** Memory for keys and values. */
  readonly cache: CacheUse;
  /** The weights that answer new requests; of several models each after its name. */
  readonly fingerprint: string;
}

/** Figures of a pool, read whenever they are asked for. */
export function figuresOf(models: ModelPool): Figures {
  const sum = (count: (cache: CacheUse) => number) =>
    models.loaded.reduce((total, { scheduler }) => total + count(scheduler.engine.cache), 0);
  return {
    get running() {
      return models.loaded.reduce((total, { scheduler }) => total + scheduler.running, 0);
    },
    get waiting() {
      return models.loaded.reduce((total, { scheduler }) => total + scheduler.waiting, 0);
    },
    get cache() {
      const [only] = models.loaded;
      if (!models.isPlural && only) return only.scheduler.engine.cache;
      return {
        totalBytes: sum(({ totalBytes }) => totalBytes),
        usedBytes: sum(({ usedBytes }) => usedBytes),
      };
    },
    get fingerprint() {
      return models.loaded.map(({ modelName, scheduler: { engine: { fingerprint } } }) =>
        models.isPlural ? `${modelName} ${fingerprint}` : fingerprint
      ).join(", ");
    },
  };
}

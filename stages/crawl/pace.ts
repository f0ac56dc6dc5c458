/**
 * Spaces the requests to one host.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";

/** Hosts remembered; beyond, those whose turn is past are forgotten. */
const MAX_HOSTS = 4096;

/** Gives each caller its turn at a host, in the order of the calls. */
export interface Pace {
  /** Resolves when a request to `host` may start, `gapMs` after the one before. */
  turn(host: string, gapMs: number): Promise<void>;
}

/** Starts with every host free. */
export function startPace(signal: AbortSignal): Pace {
  const nextFree = new Map<string, number>();
  return {
    async turn(host, gapMs) {
      if (gapMs === 0) return;
      const now = performance.now();
      if (nextFree.size > MAX_HOSTS) {
        for (const [name, time] of nextFree) if (time < now) nextFree.delete(name);
      }
      const start = Math.max(now, nextFree.get(host) ?? 0);
      nextFree.set(host, start + gapMs);
      if (start > now) await delay(start - now, undefined, { signal });
    },
  };
}

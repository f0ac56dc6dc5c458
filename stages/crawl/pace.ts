/**
 * Rate-limits requests per host: at the requested interval, or a longer one where the host is slow
 * or busy, and with bounded concurrency.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { FetchFailure } from "./failure.ts";

/** Most hosts kept; beyond that, idle ones are evicted. */
const MAX_HOSTS = 4096;
/** Longest gap between two requests to a slow or busy host. */
const MAX_GAP_MS = 30_000;
/** Weight of the newest response in a host's mean response time. */
const SMOOTHING = 0.3;

/** How a host responded to a request. */
export interface Answer {
  readonly elapsedMs: number;
  /** It answered 429 or 503, or not in time. */
  readonly busy: boolean;
  /** Delay it requested by Retry-After. */
  readonly retryAfterMs?: number;
}

/** Ends a turn; must be called once. */
export type EndTurn = (answer: Answer) => void;

/** Grants requests to a host in the order of the calls. */
export interface Pace {
  /**
   * Resolves when a request to `host` may start, at least `gapMs` after the previous one. With a gap
   * of 0, only a busy host delays requests.
   *
   * @throws {FetchFailure} when the host's Retry-After exceeds the longest wait
   */
  turn(host: string, gapMs: number): Promise<EndTurn>;
}

interface Host {
  nextFree: number;
  /** Mean response time. */
  latencyMs: number;
  backoffMs: number;
  running: number;
  readonly waiting: (() => void)[];
}

/** Options of {@linkcode startPace}. */
export interface PaceOptions {
  readonly signal: AbortSignal;
  /** Requests to one host at a time. */
  readonly perHost: number;
  /** First extra gap of a busy host; doubles each time it is busy, halves when it answers well. */
  readonly backoffMs: number;
  /** Longest Retry-After that is honoured. */
  readonly maxWaitMs: number;
  /** Clock in milliseconds. */
  readonly now?: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Starts with every host free. */
export function startPace({
  signal,
  perHost,
  backoffMs,
  maxWaitMs,
  now = () => performance.now(),
  sleep = (ms, signal) => delay(ms, undefined, { signal }),
}: PaceOptions): Pace {
  const hosts = new Map<string, Host>();

  function hostOf(name: string): Host {
    let host = hosts.get(name);
    if (host === undefined) {
      if (hosts.size > MAX_HOSTS) {
        for (const [other, { nextFree, running, backoffMs }] of hosts) {
          if (nextFree < now() && running === 0 && backoffMs === 0) hosts.delete(other);
        }
      }
      host = { nextFree: 0, latencyMs: 0, backoffMs: 0, running: 0, waiting: [] };
      hosts.set(name, host);
    }
    return host;
  }

  /** Waits for one of the host's slots; a finished request passes its slot on. */
  async function enter(host: Host): Promise<void> {
    if (host.running < perHost) {
      host.running++;
      return;
    }
    await new Promise<void>((resolve) => host.waiting.push(resolve));
  }

  function leave(host: Host): void {
    const next = host.waiting.shift();
    if (next === undefined) host.running--;
    else next();
  }

  function learn(host: Host, { elapsedMs, busy, retryAfterMs = 0 }: Answer): void {
    host.latencyMs += (elapsedMs - host.latencyMs) * SMOOTHING;
    if (busy) {
      host.backoffMs = Math.min(MAX_GAP_MS, Math.max(backoffMs, host.backoffMs * 2));
      host.nextFree = Math.max(host.nextFree, now() + Math.max(host.backoffMs, retryAfterMs));
    } else {
      host.backoffMs = host.backoffMs <= backoffMs ? 0 : host.backoffMs / 2;
    }
  }

  return {
    async turn(name, gapMs) {
      const host = hostOf(name);
      const spaced = gapMs > 0;
      if (spaced) await enter(host);
      try {
        signal.throwIfAborted();
        const start = Math.max(now(), host.nextFree);
        const waitMs = start - now();
        if (waitMs > maxWaitMs) {
          const seconds = Math.ceil(waitMs / 1000);
          throw new FetchFailure("http-error", `${name} asks to be left alone for ${seconds} s`);
        }
        const ownGapMs = spaced ? Math.max(host.latencyMs, host.backoffMs) : host.backoffMs;
        host.nextFree = start + Math.max(gapMs, Math.min(MAX_GAP_MS, ownGapMs));
        if (waitMs > 0) await sleep(waitMs, signal);
      } catch (error) {
        if (spaced) leave(host);
        throw error;
      }
      return (answer) => {
        learn(host, answer);
        if (spaced) leave(host);
      };
    },
  };
}

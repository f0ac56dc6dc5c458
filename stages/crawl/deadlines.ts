/**
 * The timeouts of one HTTP exchange.
 *
 * @module
 */
import { FetchFailure } from "./failure.ts";

/** Limits in milliseconds. */
export interface Timeouts {
  /** From dialling to the end of the response's header. */
  readonly headersMs: number;
  /** Between two pieces of the body. */
  readonly idleMs: number;
  /** From dialling to the last byte. */
  readonly totalMs: number;
}

/** Running timers; disposing stops them. */
export interface Deadlines extends Disposable {
  /** The header or a piece of the body arrived: restarts the idle timer. */
  progress(): void;
}

/** Starts the timers; each calls `expire` at most once, with its own failure. */
export function startDeadlines(
  { headersMs, idleMs, totalMs }: Timeouts,
  expire: (failure: FetchFailure) => void,
): Deadlines {
  const after = (ms: number, what: string) =>
    setTimeout(() => expire(new FetchFailure("timeout", `${what} within ${ms} ms`)), ms);
  const total = after(totalMs, "the response did not end");
  let phase = after(headersMs, "no response header");
  return {
    progress() {
      clearTimeout(phase);
      phase = after(idleMs, "the body did not go on");
    },
    [Symbol.dispose]() {
      clearTimeout(total);
      clearTimeout(phase);
    },
  };
}

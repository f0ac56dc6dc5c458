/**
 * Repeats a request where that is safe and likely to help: a reset connection, 429 and 503.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import type { RandomStream } from "../../model/random.ts";
import type { Exchange } from "./exchange.ts";
import { FetchFailure } from "./failure.ts";

const MAX_RETRIES = 2;
/** Longest Retry-After that is honoured; a page whose host asks for more is given up. */
export const MAX_RETRY_AFTER_MS = 60_000;

/** How long to wait between attempts. */
export interface RetryPolicy {
  /** First back-off in milliseconds; doubles, and varies by half of itself either way. */
  readonly backoffMs: number;
  readonly jitter: RandomStream;
  readonly signal: AbortSignal;
}

/** `Retry-After` in milliseconds (RFC 9110 section 10.2.3: seconds or a date). */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** Whether a status asks the client to retry later. */
export const isBusy = (status: number): boolean => status === 429 || status === 503;

const isReset = (error: unknown) =>
  error instanceof FetchFailure && error.cause instanceof Error &&
  ["ECONNRESET", "EPIPE"].includes((error.cause as NodeJS.ErrnoException).code ?? "");

/**
 * Calls `attempt` up to three times and returns its last outcome.
 *
 * @param options.index names the jitter's draws, so that they do not depend on timing
 */
export async function withRetries(
  attempt: () => Promise<Exchange>,
  { backoffMs, jitter, signal, index }: RetryPolicy & { index: number },
): Promise<Exchange> {
  for (let retry = 0;; retry++) {
    const backoff = backoffMs * 2 ** retry * (0.5 + jitter.uniform(index * MAX_RETRIES + retry));
    let waitMs = backoff;
    try {
      const answer = await attempt();
      if (!isBusy(answer.status) || retry === MAX_RETRIES) return answer;
      waitMs = retryAfterMs(answer.headers["retry-after"], Date.now()) ?? backoff;
      if (waitMs > MAX_RETRY_AFTER_MS) return answer;
    } catch (error) {
      if (!isReset(error) || retry === MAX_RETRIES) throw error;
    }
    await delay(waitMs, undefined, { signal });
  }
}

/**
 * What is left to an API key: requests and tokens a minute, requests at once.
 *
 * @module
 */
import type { KeyRights } from "./key_rights.ts";

const MINUTE_MS = 60_000;

/** Names of {@linkcode Quota.headers}. */
export const QUOTA_HEADERS: readonly string[] = ["limit", "remaining", "reset"].flatMap(
  (part) => ["requests", "tokens"].map((of) => `x-ratelimit-${part}-${of}`),
);

/** Why a request must wait. */
export interface Refusal {
  /** Which limit it would pass. */
  readonly limit: "requests" | "tokens" | "concurrent";
  /** That in words, for the client. */
  readonly message: string;
  /** When it may come again. */
  readonly retryAfterSeconds: number;
}

/** Fills up within a minute, evenly; what is taken beyond it must fill up first. */
class Bucket {
  readonly #now: () => number;
  #size: number;
  #level: number;
  #at: number;

  constructor(size: number, now: () => number) {
    this.#now = now;
    this.#size = size;
    this.#level = size;
    this.#at = now();
  }

  get size(): number {
    return this.#size;
  }

  /** What is left; less than nothing where more was taken. */
  get level(): number {
    const now = this.#now();
    const filled = this.#size * (now - this.#at) / MINUTE_MS;
    this.#level = Math.min(this.#size, this.#level + filled);
    this.#at = now;
    return this.#level;
  }

  take(count: number): void {
    this.#level = this.level - count;
  }

  resize(size: number): void {
    this.#level = Math.min(size, this.level);
    this.#size = size;
  }

  /** Time until `level` is left. */
  msUntil(level: number): number {
    return Math.max(0, level - this.level) * MINUTE_MS / this.#size;
  }
}

/**
 * The use of one key's limits.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Quota } from "./quota.ts";
 * const quota = new Quota({ requests: 60 }, () => 0);
 * quota.begin();
 * assertEquals(quota.headers["x-ratelimit-remaining-requests"], "59");
 * assertEquals(quota.headers["x-ratelimit-reset-requests"], "1s");
 * ```
 */
export class Quota {
  readonly #now: () => number;
  #concurrent: number;
  #requests: Bucket | undefined;
  #tokens: Bucket | undefined;
  #running = 0;

  /** `now` tells the time in milliseconds. */
  constructor(rights: KeyRights, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#concurrent = rights.concurrent ?? Infinity;
    this.#requests = this.#bucket(undefined, rights.requests);
    this.#tokens = this.#bucket(undefined, rights.tokens);
  }

  /** Takes other limits; what was used stays used. */
  limit({ requests, tokens, concurrent = Infinity }: KeyRights): void {
    this.#concurrent = concurrent;
    this.#requests = this.#bucket(this.#requests, requests);
    this.#tokens = this.#bucket(this.#tokens, tokens);
  }

  /** Why a request must not begin now, if it must not. */
  get refusal(): Refusal | undefined {
    if (this.#running >= this.#concurrent) {
      return this.#refusal("concurrent", `${this.#concurrent} requests at once`, 0);
    }
    for (
      const [limit, bucket] of [["requests", this.#requests], ["tokens", this.#tokens]] as const
    ) {
      const ms = bucket?.msUntil(1) ?? 0;
      if (ms > 0) return this.#refusal(limit, `${bucket?.size} ${limit} per minute`, ms);
    }
    return undefined;
  }

  /** Counts a request; call what it returns when that has ended. */
  begin(): () => void {
    this.#requests?.take(1);
    this.#running++;
    let runs = true;
    return () => {
      if (runs) this.#running--;
      runs = false;
    };
  }

  /** Counts tokens that were read or written. */
  spend(tokens: number): void {
    this.#tokens?.take(tokens);
  }

  /** What OpenAI's clients read of the limits that there are. */
  get headers(): Record<string, string> {
    return Object.fromEntries(
      ([["requests", this.#requests], ["tokens", this.#tokens]] as const).flatMap(
        ([name, bucket]) =>
          bucket
            ? [
              [`x-ratelimit-limit-${name}`, `${bucket.size}`],
              [`x-ratelimit-remaining-${name}`, `${Math.max(0, Math.floor(bucket.level))}`],
              [`x-ratelimit-reset-${name}`, duration(bucket.msUntil(bucket.size))],
            ]
            : [],
      ),
    );
  }

  #bucket(before: Bucket | undefined, size: number | undefined): Bucket | undefined {
    if (size === undefined) return undefined;
    before?.resize(size);
    return before ?? new Bucket(size, this.#now);
  }

  #refusal(limit: Refusal["limit"], allowed: string, ms: number): Refusal {
    const retryAfterSeconds = Math.max(1, Math.ceil(ms / 1000));
    const message = `This API key may use ${allowed}; try again in ${retryAfterSeconds} s`;
    return { limit, message, retryAfterSeconds };
  }
}

/** As OpenAI writes it: `120ms`, `1s`, `6m0s`. */
function duration(ms: number): string {
  if (ms < 1000) return `${Math.ceil(ms)}ms`;
  const seconds = Math.ceil(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

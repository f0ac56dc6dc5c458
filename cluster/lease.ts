/**
 * Leases: keys with an expiry that one node holds at a time. The broker alone counts the time until
 * a key expires; its holder counts its own, from before it asked, and so ends first. Clocks of two
 * machines are never compared.
 *
 * @module
 */
import { JetStreamApiError } from "@nats-io/jetstream";
import type { KV } from "@nats-io/kv";

/** JetStream's code for a compare-and-set whose comparison failed. */
const WRONG_SEQUENCE = 10071;
/** The holder ends by this much of the time to live before the broker lets another in. */
const MARGIN = 0.2;

/** Choices for {@linkcode takeLease}. */
export interface LeaseOptions {
  /** A bucket whose keys expire after `ttlMs`. */
  readonly bucket: KV;
  readonly key: string;
  /** Who holds it, for others to see. */
  readonly holder: string;
  readonly ttlMs: number;
}

/** A held lease; disposing gives it back. */
export interface Lease extends AsyncDisposable {
  readonly key: string;
  /** Revision at which it was taken: larger than that of any earlier holder. */
  readonly revision: number;
  /** Aborts when the lease is lost, at the latest when it may expire. */
  readonly signal: AbortSignal;
  /** @throws {LostLease} when it is no longer certain that this node holds it */
  check(): void;
}

/** A lease that this node does not hold any more. */
export class LostLease extends Error {
  override name = "LostLease";
}

/**
 * Takes the lease if nobody holds it.
 *
 * @example
 * ```ts ignore
 * await using lease = await takeLease({ bucket, key: "keeper", holder: "node-1", ttlMs: 10_000 });
 * lease?.check();
 * ```
 */
export async function takeLease(options: LeaseOptions): Promise<Lease | undefined> {
  const { bucket, key, holder } = options;
  const asked = performance.now();
  const value = JSON.stringify({ holder, nonce: crypto.randomUUID() });
  try {
    const revision = await bucket.create(key, value);
    return new HeldLease(options, { value, revision, asked });
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}

/** Whether an error is a comparison that failed: another was there before. */
export function isConflict(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === WRONG_SEQUENCE;
}

/** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}

class HeldLease implements Lease {
  readonly key: string;
  readonly revision: number;
  readonly #options: LeaseOptions;
  readonly #value: string;
  readonly #end = new AbortController();
  readonly #renewing: Promise<void>;
  #latest: number;
  /** By this node's own clock. */
  #until: number;
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(
    options: LeaseOptions,
    { value, revision, asked }: { value: string; revision: number; asked: number },
  ) {
    this.key = options.key;
    this.revision = this.#latest = revision;
    this.#options = options;
    this.#value = value;
    this.#until = this.#extend(asked);
    this.#renewing = this.#renew();
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  check(): void {
    if (performance.now() >= this.#until) this.#lose("it could not be renewed in time");
    this.#end.signal.throwIfAborted();
  }

  #extend(asked: number): number {
    this.#until = asked + this.#options.ttlMs * (1 - MARGIN);
    clearTimeout(this.#deadline);
    const left = this.#until - performance.now();
    this.#deadline = setTimeout(() => this.#lose("it could not be renewed in time"), left);
    return this.#until;
  }

  #lose(reason: string): void {
    this.#end.abort(new LostLease(`Cannot go on with the lease ${this.key}: ${reason}`));
  }

  async #renew(): Promise<void> {
    const { bucket, key, ttlMs } = this.#options;
    const { signal } = this.#end;
    while (!signal.aborted) {
      await pause(ttlMs / 4, signal).catch(() => {});
      if (signal.aborted) return;
      const asked = performance.now();
      try {
        this.#latest = await bucket.update(key, this.#value, this.#latest, ttlMs / 4);
        if (!signal.aborted) this.#extend(asked);
      } catch (error) {
        // Without an answer it is asked again until the time is over.
        if (isConflict(error)) await this.#agree();
      }
    }
  }

  /** An update whose answer was lost has changed the revision: it is still this node's. */
  async #agree(): Promise<void> {
    const { bucket, key } = this.#options;
    const entry = await bucket.get(key).catch(() => undefined);
    if (entry === undefined) return;
    if (entry?.string() === this.#value) this.#latest = entry.revision;
    else this.#lose("another node has taken it");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const wasHeld = !this.#end.signal.aborted;
    clearTimeout(this.#deadline);
    this.#end.abort(new LostLease(`Cannot go on with the lease ${this.key}: it was given back`));
    await this.#renewing;
    if (!wasHeld) return;
    const { bucket, key } = this.#options;
    // Left to expire where it cannot be given back.
    await bucket.delete(key, { previousSeq: this.#latest }).catch(() => {});
  }
}

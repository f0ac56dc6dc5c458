/**
 * Fetches a few entries ahead of the reader and hands the outcomes over in frontier order.
 *
 * @module
 */
import type { FetchedPage } from "./fetch_page.ts";
import { FetchFailure } from "./failure.ts";
import type { Frontier, FrontierEntry } from "./frontier.ts";

/** How one entry's fetch ended. */
export type Outcome = FetchedPage | FetchFailure;

interface Slot {
  readonly entry: FrontierEntry;
  readonly outcome: Promise<Outcome>;
  /** Bytes held, or that may yet come. */
  bytes: number;
}

/** Limits of what is fetched but not yet handed over. */
export interface LookAheadOptions {
  readonly frontier: Frontier;
  readonly fetch: (entry: FrontierEntry) => Promise<FetchedPage>;
  readonly concurrency: number;
  readonly maxPages: number;
  /** Pages asked of one host. */
  readonly maxPerHost: number;
  /** Largest page, reserved while its size is unknown. */
  readonly maxBytes: number;
  readonly maxAheadBytes: number;
}

/** The window of running and finished fetches. */
export interface LookAhead {
  /** The next entry in order, or `undefined` when the crawl is over. */
  next(): Promise<{ entry: FrontierEntry; outcome: Outcome } | undefined>;
  /** Resolves when no fetch is running any more; abort them first. */
  settled(): Promise<void>;
}

/**
 * Opens the window. Order never depends on timing: what enters it is decided by what has
 * left it, entries leave from the front, and only then can their links extend the frontier.
 */
export function openLookAhead(
  { frontier, fetch, concurrency, maxPages, maxPerHost, maxBytes, maxAheadBytes }: LookAheadOptions,
): LookAhead {
  const slots: Slot[] = [];
  /** Have their turn, and wait for room: bytes must not decide about the order. */
  const picked: FrontierEntry[] = [];

  function start(entry: FrontierEntry): void {
    const outcome = fetch(entry).catch((error: unknown) => {
      if (error instanceof FetchFailure) return error;
      throw error;
    });
    const slot: Slot = { entry, outcome, bytes: maxBytes };
    // Sizes the slot; a rejection reaches the reader through `outcome` itself.
    outcome.then(
      (ended) => slot.bytes = ended instanceof FetchFailure ? 0 : ended.page.body.byteLength,
      () => slot.bytes = 0,
    );
    slots.push(slot);
  }

  function fill(): void {
    const wanted = Math.min(concurrency, maxPages - frontier.pages);
    while (slots.length + picked.length < wanted) {
      const entry = frontier.pick({ maxPerHost });
      if (entry === undefined) break;
      picked.push(entry);
    }
    for (let entry = picked[0]; entry !== undefined; entry = picked[0]) {
      const ahead = slots.reduce((sum, slot) => sum + slot.bytes, maxBytes);
      if (slots.length > 0 && ahead > maxAheadBytes) return;
      picked.shift();
      start(entry);
    }
  }

  return {
    async next() {
      fill();
      const slot = slots[0];
      if (slot === undefined) return undefined;
      const outcome = await slot.outcome;
      slots.shift();
      return { entry: slot.entry, outcome };
    },
    async settled() {
      await Promise.allSettled(slots.map(({ outcome }) => outcome));
    },
  };
}

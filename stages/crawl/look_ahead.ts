/**
 * Fetches a few entries ahead of the reader and hands the outcomes over in frontier order, skipping
 * hosts that hold the others up for too long.
 *
 * @module
 */
import type { FetchedPage } from "./fetch_page.ts";
import { FetchFailure } from "./failure.ts";
import type { Frontier } from "./frontier.ts";
import type { FrontierEntry } from "./frontier_entry.ts";

/** How one entry's fetch ended. */
export type Outcome = FetchedPage | FetchFailure;

interface Slot {
  readonly entry: FrontierEntry;
  readonly host: string;
  readonly outcome: Promise<Outcome>;
  /** Bytes held, or reserved for a running fetch. */
  bytes: number;
  ended: boolean;
  /** When the reader began to wait for it. */
  awaitedSince?: number;
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
  /** Milliseconds that one entry may hold up the others; with `Infinity` order is never changed. */
  readonly patienceMs: number;
}

/** The window of running and finished fetches. */
export interface LookAhead {
  /** The next entry in order, or `undefined` when the crawl is over. */
  next(): Promise<{ entry: FrontierEntry; outcome: Outcome } | undefined>;
  /** Resolves when no fetch is running; abort them first. */
  idle(): Promise<void>;
}

/**
 * Opens the window. With unlimited patience the order never depends on timing: an entry enters when
 * another leaves, entries leave from the front, and only then do their links extend the frontier.
 * Otherwise a host that takes too long is parked: other hosts overtake it, none of its entries
 * starts, and it resumes with its answer. Pages of one host never overtake one another. At most
 * `concurrency` entries are parked, and they do not count towards `maxAheadBytes`.
 */
export function openLookAhead(options: LookAheadOptions): LookAhead {
  const { frontier, fetch, concurrency, maxPages, maxPerHost, patienceMs } = options;
  const slots: Slot[] = [];
  /** Picked entries that wait for room: byte limits must not affect the order. */
  const picked: FrontierEntry[] = [];
  const parked = new Set<string>();
  let wake = () => {};

  function start(entry: FrontierEntry): void {
    const outcome = fetch(entry).catch((error: unknown) => {
      if (error instanceof FetchFailure) return error;
      throw error;
    });
    const { host } = new URL(entry.url);
    const slot: Slot = { entry, host, outcome, bytes: options.maxBytes, ended: false };
    const end = (bytes: number) => {
      slot.bytes = bytes;
      slot.ended = true;
      wake();
    };
    // A rejection reaches the reader through `outcome` itself.
    outcome.then(
      (ended) => end(ended instanceof FetchFailure ? 0 : ended.page.body.byteLength),
      () => end(0),
    );
    slots.push(slot);
  }

  function fill(): void {
    const aside = slots.filter(({ host }) => parked.has(host)).length;
    const wanted = Math.min(concurrency + Math.min(aside, concurrency), maxPages - frontier.pages);
    while (slots.length + picked.length < wanted) {
      const crowded = new Set(slots.map(({ host }) => host));
      for (const { url } of picked) crowded.add(new URL(url).host);
      const entry = frontier.pick({ maxPerHost, crowded, parked });
      if (entry === undefined) break;
      picked.push(entry);
    }
    for (let entry = picked[0]; entry !== undefined; entry = picked[0]) {
      const active = slots.filter(({ host }) => !parked.has(host));
      const ahead = active.reduce((sum, slot) => sum + slot.bytes, options.maxBytes);
      if (active.length > 0 && ahead > options.maxAheadBytes) return;
      picked.shift();
      start(entry);
    }
  }

  /** The first entry of a parked host, now that it has ended. */
  function returned(): Slot | undefined {
    for (const host of parked) {
      const slot = slots.find((other) => other.host === host);
      if (!slot?.ended) continue;
      parked.delete(host);
      return slot;
    }
    return undefined;
  }

  /** Waits until an entry ends, or until patience with `head` does, which parks its host. */
  async function wait(head: Slot | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    if (head === undefined || patienceMs === Infinity) return await promise;
    head.awaitedSince ??= performance.now();
    const leftMs = head.awaitedSince + patienceMs - performance.now();
    const park = () => {
      parked.add(head.host);
      resolve();
    };
    if (leftMs <= 0) return park();
    const timer = setTimeout(park, leftMs);
    await promise;
    clearTimeout(timer);
  }

  return {
    async next() {
      while (true) {
        fill();
        if (slots.length === 0) return undefined;
        const head = slots.find(({ host }) => !parked.has(host));
        const slot = returned() ?? (head?.ended ? head : undefined);
        if (slot !== undefined) {
          const outcome = await slot.outcome;
          slots.splice(slots.indexOf(slot), 1);
          return { entry: slot.entry, outcome };
        }
        await wait(head);
      }
    },
    async idle() {
      await Promise.allSettled(slots.map(({ outcome }) => outcome));
    },
  };
}

/**
 * A queue that is fair between clients: start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM
 * 1996). A client that asks for much waits behind those that ask for little, whoever came first;
 * among requests of equal standing the first to arrive is the first to go.
 *
 * @module
 */

/** One waiting request. */
export interface Entry<T> {
  readonly client: string;
  readonly item: T;
  /** Virtual time from which it may be served. */
  readonly start: number;
}

/** Clients remembered; when there are more, the half that owes least is forgotten. */
const MAX_REMEMBERED = 1024;

/**
 * Requests in the order in which they are to be served.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { FairQueue } from "./fair_queue.ts";
 * const queue = new FairQueue<string>();
 * queue.push("a1", { client: "a", cost: 10 });
 * queue.push("a2", { client: "a", cost: 10 });
 * queue.push("b1", { client: "b", cost: 10 });
 * const order = [1, 2, 3].map(() => {
 *   const entry = queue.peek();
 *   if (entry) queue.take(entry);
 *   return entry?.item;
 * });
 * assertEquals(order, ["a1", "b1", "a2"]);
 * ```
 */
export class FairQueue<T> {
  readonly #entries = new Set<Entry<T>>();
  /** Virtual time at which all that a client asked for would be served. */
  readonly #finish = new Map<string, number>();
  #now = 0;

  /** Requests that wait. */
  get size(): number {
    return this.#entries.size;
  }

  /** Clients whose debts are remembered. */
  get remembered(): number {
    return this.#finish.size;
  }

  /** Adds a request; `cost` is in whatever the clients share, such as tokens. */
  push(item: T, { client, cost }: { client: string; cost: number }): Entry<T> {
    const start = Math.max(this.#now, this.#finish.get(client) ?? 0);
    this.#finish.set(client, start + cost);
    if (this.#finish.size > MAX_REMEMBERED) this.#forget();
    const entry = { client, item, start };
    this.#entries.add(entry);
    return entry;
  }

  /** Who is next of those that `may` be served, if anyone waits. */
  peek(may: (item: T) => boolean = () => true): Entry<T> | undefined {
    let next: Entry<T> | undefined;
    for (const entry of this.#entries) {
      if ((!next || entry.start < next.start) && may(entry.item)) next = entry;
    }
    return next;
  }

  /** Takes an entry off to serve it. */
  take(entry: Entry<T>): void {
    this.#entries.delete(entry);
    this.#now = Math.max(this.#now, entry.start);
  }

  /** Takes an entry off that is not to be served. */
  remove(entry: Entry<T>): void {
    this.#entries.delete(entry);
  }

  #forget(): void {
    const byDebt = [...this.#finish].toSorted(([, a], [, b]) => a - b);
    for (const [client] of byDebt.slice(0, MAX_REMEMBERED / 2)) this.#finish.delete(client);
  }
}

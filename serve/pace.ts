/**
 * Paces clients that ask for more than the others do.
 *
 * @module
 */
import type { MiddlewareHandler } from "hono";
import type { Turns } from "../engine/mod.ts";
import { notesOf } from "./access_log.ts";

/** Requests are compared over the last one or two of these. */
const WINDOW_MS = 100;
/** So many more than the mean may be chance. */
const SLACK = 2;
/** Others that ask a fourth as often are held up by the asking itself. */
const OFTEN = 1 / 4;
/** And so are all by one that asks for this many. */
const MOST = 100;
/** Time of the thread that a small request takes. */
const ANSWER_MS = 1;

/**
 * Who asks how often.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RequestCounts } from "./pace.ts";
 * const counts = new RequestCounts(() => 0);
 * for (let i = 0; i < 10; i++) counts.add("greedy");
 * assertEquals(counts.isAhead("greedy"), false);
 * for (let i = 0; i < 3; i++) counts.add("modest");
 * assertEquals([counts.isAhead("greedy"), counts.isAhead("modest")], [true, false]);
 * ```
 */
export class RequestCounts {
  readonly #now: () => number;
  #before = new Map<string, number>();
  #current = new Map<string, number>();
  #began = -Infinity;

  /** `now` tells the time in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Counts a request. */
  add(client: string): void {
    const age = this.#now() - this.#began;
    if (age >= WINDOW_MS) {
      this.#before = age < 2 * WINDOW_MS ? this.#current : new Map();
      this.#current = new Map();
      this.#began = this.#now();
    }
    this.#current.set(client, (this.#current.get(client) ?? 0) + 1);
  }

  /** Whether a client asks for so much more than the mean that others are held up. */
  isAhead(client: string): boolean {
    const sum = (counts: Map<string, number>) => counts.values().reduce((a, b) => a + b, 0);
    const clients = new Set([...this.#before.keys(), ...this.#current.keys()]).size;
    const all = sum(this.#before) + sum(this.#current);
    const own = (this.#before.get(client) ?? 0) + (this.#current.get(client) ?? 0);
    return own > all / clients + SLACK && (all - own >= OFTEN * own || own > MOST);
  }
}

/** Two parts of one middleware, between which keys tell who the client is. */
export interface Pace {
  /** Lets the answers of a client that asks for more than the others do wait for a turn. */
  readonly wait: MiddlewareHandler;
  /** Counts what gets as far as this when it comes; the rest counts when it has been refused. */
  readonly count: MiddlewareHandler;
}

/** Paces clients by turns. */
export function pace(turns: Turns): Pace {
  const counts = new RequestCounts();
  const counted = new WeakSet<object>();
  return {
    async wait(context, next) {
      await next();
      const notes = notesOf(context);
      if (!counted.has(notes)) counts.add(notes.client);
      if (counts.isAhead(notes.client)) await turns.next(notes.client, ANSWER_MS);
    },
    async count(context, next) {
      const notes = notesOf(context);
      counted.add(notes);
      counts.add(notes.client);
      await next();
    },
  };
}

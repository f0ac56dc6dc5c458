/**
 * Workers of one kind of which the least loaded takes what comes.
 *
 * @module
 */

/** One worker: how much it has been asked for and not done. Disposing it ends it. */
export interface PoolMember extends Disposable {
  readonly load: number;
}

/** Workers of one kind; disposing the pool ends them. */
export interface WorkerPool<Member extends PoolMember> extends Disposable {
  /** The worker that has least to do, the first of several. */
  least(): Member;
}

/** As many workers as there are cores but one, at least one and at most `most`. */
export function spareWorkers(most: number): number {
  return Math.min(most, Math.max(1, navigator.hardwareConcurrency - 1));
}

/**
 * Opens a pool of `what`.
 *
 * @throws {RangeError} when `workers` is no positive integer
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openPool } from "./worker_pool.ts";
 * let load = 0;
 * using pool = openPool("idlers", 2, () => ({ load: load++, [Symbol.dispose]() {} }));
 * assertEquals(pool.least().load, 0);
 * ```
 */
export function openPool<Member extends PoolMember>(
  what: string,
  workers: number,
  open: () => Member,
): WorkerPool<Member> {
  if (!Number.isInteger(workers) || workers < 1) {
    throw new RangeError(
      `Cannot open ${what}: workers must be a positive integer, got ${workers}`,
    );
  }
  const members = Array.from({ length: workers }, open);
  return {
    least: () => members.reduce((least, next) => next.load < least.load ? next : least),
    [Symbol.dispose]() {
      for (const member of members) member[Symbol.dispose]();
    },
  };
}

/** A worker's own end of what it and the thread that started it say to each other. */
export interface WorkerScope<Request, Answer> {
  addEventListener(type: "message", listener: (event: MessageEvent<Request>) => void): void;
  postMessage(answer: Answer, transfer?: Transferable[]): void;
}

/** That end, in whichever library of types a program outside of this one is checked. */
export function workerScope<Request, Answer>(): WorkerScope<Request, Answer> {
  return self as unknown as WorkerScope<Request, Answer>;
}

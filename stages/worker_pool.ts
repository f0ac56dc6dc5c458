/**
 * A pool of equal workers that gives each task to the least loaded one.
 *
 * @module
 */

/** One worker with the amount of its outstanding work. Disposing it terminates it. */
export interface PoolMember extends Disposable {
  readonly load: number;
}

/** Equal workers; disposing the pool terminates them. */
export interface WorkerPool<Member extends PoolMember> extends Disposable {
  /** The least loaded worker, the first of several. */
  least(): Member;
}

/** The number of cores minus one, at least 1 and at most `most`. */
export function spareWorkers(most: number): number {
  return Math.min(most, Math.max(1, navigator.hardwareConcurrency - 1));
}

/**
 * Opens a pool of `what`.
 *
 * @throws {RangeError} when `workers` is not a positive integer
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

/** The worker's end of the message channel to the thread that started it. */
export interface WorkerScope<Request, Answer> {
  addEventListener(type: "message", listener: (event: MessageEvent<Request>) => void): void;
  postMessage(answer: Answer, transfer?: Transferable[]): void;
}

/** That end, typed independently of the type library of a program that imports this one. */
export function workerScope<Request, Answer>(): WorkerScope<Request, Answer> {
  return self as unknown as WorkerScope<Request, Answer>;
}

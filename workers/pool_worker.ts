/**
 * The worker's side of a pool. Everything but the first message goes through shared memory.
 *
 * @module
 */
import { PoisonedError, PoolWord, publish, waitFor } from "./pool_words.ts";

/** Worker to owner. */
export type PoolMessage =
  | { readonly kind: "ready" }
  | {
    readonly kind: "failed";
    /** Its task, such as "microbatch 3", if it has named one. */
    readonly task: string | undefined;
    readonly cause: unknown;
  };

/** A worker's behaviour in each round. */
export interface PoolWork {
  /** Workers of the pool. */
  readonly workers: number;
  /** Does this worker's share of a round; rounds count from 1. */
  readonly work: (round: number) => void;
  /** Current task, for the error message. */
  readonly task?: () => string | undefined;
  /** Checks of the round word before sleeping. */
  readonly spins?: number;
}

interface PoolScope<Message> {
  addEventListener(
    type: "message",
    listener: (event: MessageEvent<Message>) => void,
    options?: AddEventListenerOptions,
  ): void;
  postMessage(message: PoolMessage): void;
  close(): void;
}

/** Calls `begin` with the first message, then works until stopped or until any worker fails. */
export function joinPool<Message>(
  begin: (message: Message) => { readonly words: Int32Array } & PoolWork,
): void {
  // Typed so that programs that import this one also check, with a window's types.
  const scope = self as unknown as PoolScope<Message>;
  scope.addEventListener("message", ({ data }) => {
    const { words, workers, work, task, spins } = begin(data);
    scope.postMessage({ kind: "ready" });
    try {
      for (let round = 1;; round = (round + 1) | 0) {
        waitFor(words, PoolWord.round, round, spins);
        if (Atomics.load(words, PoolWord.stop) === 1) break;
        work(round);
        // The next round resets the counters, so no worker may still be reading them.
        if (Atomics.add(words, PoolWord.arrivals, 1) + 1 === workers) {
          publish(words, PoolWord.done, round);
        }
      }
    } catch (cause) {
      // The worker that poisoned the round has reported why; the others only exit.
      if (!(cause instanceof PoisonedError)) {
        Atomics.store(words, PoolWord.poison, 1);
        scope.postMessage({ kind: "failed", task: task?.(), cause });
      }
    }
    scope.close();
  }, { once: true });
}

/**
 * The live end of a store that is read elsewhere: takes runs out of the stream as far as they are
 * needed, so that backpressure holds up what comes after.
 *
 * @module
 */

import { isBarrier } from "../barrier.ts";
import type { Barrier, StoredRun } from "../types.ts";
import type { StoreReader } from "./reader.ts";

/** Draws live runs into the store. */
export class Arrivals {
  readonly #store: StoreReader;
  readonly #reader: ReadableStreamDefaultReader<StoredRun | Barrier>;
  #turn: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;
  #hasEnded = false;
  #barrier: Barrier | undefined;

  /** The reader's stream must hand on each run after `store` has taken it. */
  constructor(store: StoreReader, reader: ReadableStreamDefaultReader<StoredRun | Barrier>) {
    this.#store = store;
    this.#reader = reader;
  }

  /** Resolves when the train split has `tokens`, or all runs have come. */
  async tokens(tokens: number): Promise<void> {
    await this.#until(() => this.#store.tokens("train") >= tokens);
    this.check();
  }

  /** Resolves when the train split has `documents`, or all runs have come. */
  async documents(documents: number): Promise<void> {
    await this.#until(() => this.#store.count("train") >= documents);
    this.check();
  }

  /** Draws on towards `tokens` while the caller does something else. */
  prefetch(tokens: number): void {
    void this.#until(() => this.#store.tokens("train") >= tokens);
  }

  /** @throws what the stream failed with, as soon as that is known */
  check(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** The newest barrier that has come, once. */
  takeBarrier(): Barrier | undefined {
    const barrier = this.#barrier;
    this.#barrier = undefined;
    return barrier;
  }

  /** Never rejects: a failure is kept for {@linkcode check}. */
  #until(isEnough: () => boolean): Promise<void> {
    return this.#turn = this.#turn.then(async () => {
      try {
        while (!this.#hasEnded && !this.#failure && !isEnough()) {
          const { done, value } = await this.#reader.read();
          if (done) this.#hasEnded = true;
          else if (isBarrier(value)) this.#barrier = value;
        }
      } catch (error) {
        this.#failure = { error };
      }
    });
  }
}

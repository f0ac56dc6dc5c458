/**
 * The live end of a store that is read elsewhere: pulls runs from the stream only as needed, so that
 * backpressure reaches the stages above.
 *
 * @module
 */

import { isBarrier } from "../barrier.ts";
import type { Barrier, StoredRun } from "../types.ts";
import type { StoreReader } from "./reader.ts";

/** Pulls live runs into the store. */
export class Arrivals {
  readonly #store: StoreReader;
  readonly #reader: ReadableStreamDefaultReader<StoredRun | Barrier>;
  #turn: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;
  #hasEnded = false;
  #barrier: Barrier | undefined;

  /** The reader's stream must send each run after `store` has appended it. */
  constructor(store: StoreReader, reader: ReadableStreamDefaultReader<StoredRun | Barrier>) {
    this.#store = store;
    this.#reader = reader;
  }

  /** Resolves when the train split has `tokens`, or the stream has ended. */
  async tokens(tokens: number): Promise<void> {
    await this.#until(() => this.#store.tokens("train") >= tokens);
    this.check();
  }

  /** Resolves when the train split has `documents`, or the stream has ended. */
  async documents(documents: number): Promise<void> {
    await this.#until(() => this.#store.count("train") >= documents);
    this.check();
  }

  /** Pulls towards `tokens` in the background. */
  prefetch(tokens: number): void {
    void this.#until(() => this.#store.tokens("train") >= tokens);
  }

  /** @throws the stream's error, once it has failed */
  check(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** The newest barrier to arrive, once. */
  takeBarrier(): Barrier | undefined {
    const barrier = this.#barrier;
    this.#barrier = undefined;
    return barrier;
  }

  /** Never rejects: {@linkcode check} throws the failure. */
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

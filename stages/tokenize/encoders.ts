/**
 * Workers that encode documents, so that the main thread is free for the stages around them.
 *
 * @module
 */

import { openPool, spareWorkers } from "../worker_pool.ts";
import type { EncodeAnswer, EncodeRequest } from "./encode_worker.ts";
import type { Tokenizer } from "../../tokenizer/mod.ts";

/** Ids of a document, the last one its end. */
export type DocumentIds = Uint16Array | Uint32Array;

/** A pool of workers with one tokenizer; disposing it ends them. */
export interface Encoders extends Disposable {
  /**
   * What `encodeDocument` of the tokenizer gives, from whichever worker has least to do. The caller
   * bounds how much is asked for at once.
   */
  encode(text: string): Promise<DocumentIds>;
}

/** Choices for {@linkcode openEncoders}. */
export interface EncodersOptions {
  /** All cores but one unless stated, and at least one. */
  readonly workers?: number;
}

/** More are never worth it: one encodes faster than the stages before it deliver. */
const MAX_WORKERS = 8;

/**
 * Starts workers that encode with `tokenizer`.
 *
 * @throws {RangeError} when `workers` is no positive integer
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openEncoders } from "./encoders.ts";
 * import { trainTokenizer } from "../../tokenizer/mod.ts";
 * const tokenizer = await trainTokenizer(["ab ab"], { vocabSize: 259 });
 * using encoders = openEncoders(tokenizer, { workers: 1 });
 * assertEquals((await encoders.encode("ab"))[1], tokenizer.endOfTextId);
 * ```
 */
export function openEncoders(
  tokenizer: Tokenizer,
  { workers = spareWorkers(MAX_WORKERS) }: EncodersOptions = {},
): Encoders {
  const pool = openPool("encoders", workers, () => new Encoder(tokenizer));
  return {
    encode: (text) => pool.least().encode(text),
    [Symbol.dispose]: () => pool[Symbol.dispose](),
  };
}

interface Pending {
  readonly chars: number;
  readonly resolve: (ids: DocumentIds) => void;
  readonly reject: (error: Error) => void;
}

/** One worker and what it has been asked for. */
class Encoder implements Disposable {
  readonly #worker = new Worker(new URL("./encode_worker.ts", import.meta.url), {
    type: "module",
  });
  readonly #pending = new Map<number, Pending>();
  #next = 0;
  #load = 0;
  #ended: Error | undefined;

  constructor(tokenizer: Tokenizer) {
    this.#worker.onmessage = ({ data }: MessageEvent<EncodeAnswer>) => {
      const pending = this.#pending.get(data.number);
      if (!pending) return; // ended meanwhile
      this.#pending.delete(data.number);
      this.#load -= pending.chars;
      if ("ids" in data) pending.resolve(data.ids);
      else pending.reject(new Error(data.reason));
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#end(new Error(`the encoding worker failed: ${event.message}`));
    };
    this.#post({ kind: "open", parts: tokenizer.parts });
  }

  /** Characters that it has not encoded yet, and one for each text. */
  get load(): number {
    return this.#load;
  }

  encode(text: string): Promise<DocumentIds> {
    const { promise, resolve, reject } = Promise.withResolvers<DocumentIds>();
    if (this.#ended) {
      reject(this.#ended);
      return promise;
    }
    const number = this.#next++, chars = text.length + 1;
    this.#pending.set(number, { chars, resolve, reject });
    this.#load += chars;
    this.#post({ kind: "encode", number, text });
    return promise;
  }

  #post(request: EncodeRequest): void {
    this.#worker.postMessage(request);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }

  [Symbol.dispose](): void {
    this.#end(new Error("the encoders have been closed"));
  }
}

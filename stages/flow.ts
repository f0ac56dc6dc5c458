/**
 * Web Streams whose body is an async generator, with cancellation that reaches even a waiting
 * generator: `ReadableStream.from` would only stop it at its next value.
 *
 * @module
 */

import { queue } from "./queue.ts";

/**
 * A readable stream of the values of `generate`, one per pull and none ahead. Cancelling aborts the
 * signal, which must interrupt any wait of the generator, and waits until the generator has finished.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { generated } from "./flow.ts";
 * const stream = generated(async function* () {
 *   yield 1;
 *   yield 2;
 * });
 * assertEquals(await Array.fromAsync(stream), [1, 2]);
 * ```
 */
export function generated<T>(
  generate: (signal: AbortSignal) => AsyncGenerator<T, void>,
): ReadableStream<T> {
  const stop = new AbortController();
  const values = generate(stop.signal);
  return new ReadableStream<T>({
    async pull(controller) {
      const { done, value } = await values.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(reason) {
      stop.abort(reason);
      await values.return();
    },
  }, { highWaterMark: 0 });
}

/** Choices for {@linkcode transformed}. */
export interface TransformedOptions<In, Out> {
  /** Turns input values into output values. */
  readonly generate: (input: AsyncIterable<In>) => AsyncGenerator<Out, void>;
  /** Bound of the input queue. */
  readonly input: QueuingStrategy<In>;
}

/**
 * A stage whose body is a generator over its input. Cancelling the output, or an error in the
 * generator, cancels the input; an input error reaches the generator and then the output.
 */
export function transformed<In, Out>(
  { generate, input }: TransformedOptions<In, Out>,
): TransformStream<In, Out> {
  const { writable, readable: arrived } = queue(input);
  const reader = arrived.getReader();
  // Rejects when the input has failed, and then there is nothing left to cancel.
  const cancelInput = (reason: unknown) => reader.cancel(reason).catch(() => {});
  async function* values(): AsyncGenerator<In, void> {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  }
  async function* output(): AsyncGenerator<Out, void> {
    try {
      yield* generate(values());
    } catch (error) {
      await cancelInput(error);
      throw error;
    }
    await cancelInput("the stage needs no more input");
  }
  const readable = generated<Out>((cancelled) => {
    cancelled.addEventListener("abort", () => void cancelInput(cancelled.reason));
    return output();
  });
  return { readable, writable };
}

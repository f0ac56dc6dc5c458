/**
 * Something to do when the first value of a stream has come, before it goes on.
 *
 * @module
 */

/**
 * Passes everything on unchanged; the first value waits until `prepare` is done. What `prepare`
 * throws errors the stream.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { beforeFirst } from "./before_first.ts";
 * const seen: string[] = [];
 * const words = ReadableStream.from(["one", "two"])
 *   .pipeThrough(beforeFirst(() => Promise.resolve(void seen.push("before"))));
 * for await (const word of words) seen.push(word);
 * assertEquals(seen, ["before", "one", "two"]);
 * ```
 */
export function beforeFirst<T>(prepare: () => Promise<void>): TransformStream<T, T> {
  let isPrepared = false;
  return new TransformStream({
    async transform(value, controller) {
      if (!isPrepared) await prepare();
      isPrepared = true;
      controller.enqueue(value);
    },
  });
}

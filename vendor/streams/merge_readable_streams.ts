/**
 * Merges streams into one, chunk by chunk as they come; it ends when all have ended and fails when
 * one fails. Chunks of one stream keep their order. Cancelling cancels every stream.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mergeReadableStreams } from "@std/streams";
 * const merged = mergeReadableStreams(ReadableStream.from([1, 2]), ReadableStream.from([3]));
 * assertEquals((await Array.fromAsync(merged)).toSorted(), [1, 2, 3]);
 * ```
 */
export function mergeReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T> {
  const open = new Set(streams.map((stream) => stream.getReader()));
  const reads = new Map<ReadableStreamDefaultReader<T>, ReturnType<typeof read<T>>>();
  return new ReadableStream<T>({
    async pull(controller) {
      while (open.size > 0) {
        // The reader served last is started last, so that no busy stream starves the others.
        for (const reader of open) if (!reads.has(reader)) reads.set(reader, read(reader));
        const { reader, result } = await Promise.race(reads.values());
        reads.delete(reader);
        if (!result.done) {
          controller.enqueue(result.value);
          return;
        }
        open.delete(reader);
      }
      controller.close();
    },
    async cancel(reason) {
      await Promise.all(Array.from(open, (reader) => reader.cancel(reason)));
    },
  });
}

async function read<T>(reader: ReadableStreamDefaultReader<T>) {
  return { reader, result: await reader.read() };
}

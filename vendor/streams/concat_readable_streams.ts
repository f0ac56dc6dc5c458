/**
 * The values of `streams`, one stream after another; cancelling cancels those that are not over.
 */
export function concatReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T> {
  let i = 0;
  return new ReadableStream<T>({
    async pull(controller) {
      for (; i < streams.length; i++) {
        const reader = streams[i]?.getReader();
        const next = await reader?.read();
        reader?.releaseLock();
        if (next && !next.done) return controller.enqueue(next.value);
      }
      controller.close();
    },
    async cancel(reason) {
      await Promise.allSettled(streams.slice(i).map((stream) => stream.cancel(reason)));
    },
  });
}

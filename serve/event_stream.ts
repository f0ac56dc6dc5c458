/**
 * Server-sent events (WHATWG HTML, section 9.2) that are made only when the client takes them.
 *
 * @module
 */

/** How {@linkcode eventStream} ends. */
export interface EventStreamOptions {
  /** Ends a stream whose reader has taken nothing for this long. */
  readonly stallMs: number;
  /** Called when the reader leaves or stalls: whatever makes the events should stop at once. */
  readonly onLeave: (reason: unknown) => void;
  /** How a string is written; as the data of an event unless given. */
  readonly frame?: (value: string) => string;
}

/** Content types of streams, whose end is waited for. */
export const STREAM_TYPES = {
  events: "text/event-stream; charset=utf-8",
  /** A line of JSON for each value. */
  lines: "application/x-ndjson",
} as const;

/**
 * The bytes of one `data:` event for each string, which must have no line breaks. Nothing is made
 * ahead: a slow reader slows its own source and nobody else's.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { eventStream } from "./event_stream.ts";
 * async function* events() {
 *   yield "one";
 * }
 * const stream = eventStream(events(), { stallMs: 1000, onLeave: () => {} });
 * assertEquals(await new Response(stream).text(), "data: one\n\n");
 * ```
 */
export function eventStream(
  events: AsyncIterator<string>,
  { stallMs, onLeave, frame = (value) => `data: ${value}\n\n` }: EventStreamOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let stall: ReturnType<typeof setTimeout> | undefined;
  return new ReadableStream({
    async pull(controller) {
      clearTimeout(stall);
      const { done, value } = await events.next();
      if (done) {
        controller.close();
        return;
      }
      controller.enqueue(encoder.encode(frame(value)));
      stall = setTimeout(() => {
        const error = new Error(`Cannot send events: nothing was read for ${stallMs} ms`);
        controller.error(error);
        onLeave(error);
      }, stallMs);
    },
    cancel(reason) {
      clearTimeout(stall);
      onLeave(reason);
    },
  }, { highWaterMark: 0 });
}

/** A response of such events. */
export function eventResponse(
  events: AsyncIterator<string>,
  { type = STREAM_TYPES.events, ...options }: EventStreamOptions & { type?: string },
): Response {
  return new Response(eventStream(events, options), {
    headers: { "content-type": type, "cache-control": "no-store" },
  });
}

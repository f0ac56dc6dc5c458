/**
 * Long JSON answers, written as the client reads them.
 *
 * @module
 */
import type { Turns } from "../engine/mod.ts";

/** Characters of one chunk while texts are being generated, and otherwise. */
const CHUNK_CHARS = 16 << 10, IDLE_CHUNK_CHARS = 128 << 10;

/** A response out of parts of JSON, which are made in the turns of a client. */
export function jsonStream(
  parts: Iterator<string>,
  { turns, client }: { turns: Turns; client: string },
): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await turns.next(client);
      const most = turns.isBusy ? CHUNK_CHARS : IDLE_CHUNK_CHARS;
      let text = "", isOver = false;
      while (!isOver && text.length < most) {
        const { done = false, value } = parts.next();
        isOver = done;
        if (!done) text += value;
      }
      if (text !== "") controller.enqueue(encoder.encode(text));
      if (isOver) controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "application/json" } });
}

/** The entries of a list, with commas between them. */
export function* jsonEntries<T>(
  entries: Iterable<T>,
  write: (entry: T) => string,
): Generator<string> {
  let comma = "";
  for (const entry of entries) {
    yield comma + write(entry);
    comma = ",";
  }
}

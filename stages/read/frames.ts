/**
 * Messages between processes: JSON, and apart from it the bytes that it refers to. Each says its size
 * first, and one that is larger than its reader allows ends the reading.
 *
 * @module
 */

/** Sizes of the JSON and of the bytes, as unsigned numbers of 32 bits. */
const HEAD_BYTES = 8;
/** Stands for bytes, by their length, in the order in which they follow. */
const BYTES_KEY = "$bytes";

/** A message as the chunks to write. */
export function frameOf(message: unknown): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const json = new TextEncoder().encode(JSON.stringify(message, (_, value) => {
    if (!(value instanceof Uint8Array)) return value;
    parts.push(value);
    return { [BYTES_KEY]: value.length };
  }));
  const head = new DataView(new ArrayBuffer(HEAD_BYTES));
  head.setUint32(0, json.length);
  head.setUint32(4, parts.reduce((sum, { length }) => sum + length, 0));
  return [new Uint8Array(head.buffer), json, ...parts];
}

/**
 * The messages in a stream of bytes.
 *
 * @throws {RangeError} for one of more than `maxBytes`
 */
export async function* readFrames(
  stream: ReadableStream<Uint8Array>,
  { maxBytes }: { maxBytes: number },
): AsyncGenerator<unknown> {
  const reader = stream.getReader();
  let held = new Uint8Array(0);
  /** The next `length` bytes; nothing at the end. */
  const take = async (length: number): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    const taken = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      if (held.length === 0) {
        const { done, value } = await reader.read();
        if (done) return undefined;
        held = new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
      }
      const part = held.subarray(0, length - filled);
      taken.set(part, filled);
      filled += part.length;
      held = held.subarray(part.length);
    }
    return taken;
  };
  for (let head = await take(HEAD_BYTES); head; head = await take(HEAD_BYTES)) {
    const view = new DataView(head.buffer);
    const [jsonBytes, partBytes] = [view.getUint32(0), view.getUint32(4)];
    if (jsonBytes + partBytes > maxBytes) {
      throw new RangeError(`Cannot read a message of more than ${maxBytes} bytes`);
    }
    const json = await take(jsonBytes), bytes = await take(partBytes);
    if (!json || !bytes) return;
    yield messageOf(new TextDecoder().decode(json), bytes);
  }
}

function messageOf(json: string, bytes: Uint8Array<ArrayBuffer>): unknown {
  let at = 0;
  return JSON.parse(json, (_, value) => {
    const length: unknown = value?.[BYTES_KEY];
    if (typeof length !== "number") return value;
    at += length;
    // Bytes of their own, which may be handed on to a thread; a document is all that there is.
    return length === bytes.length ? bytes : bytes.slice(at - length, at);
  });
}

/**
 * Reads a response body, decoding its transfer compression under a cap on both sides.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import { Readable, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { FetchFailure } from "./failure.ts";

/** Decoded bytes per received byte beyond which a body counts as a bomb. */
const MAX_RATIO = 100;
/** Small bodies may compress as well as they like. */
const RATIO_FREE_BYTES = 64 * 1024;

function decoderFor(encoding: string): Transform | undefined {
  switch (encoding.trim().toLowerCase()) {
    case "":
    case "identity":
      return undefined;
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "br":
      return createBrotliDecompress();
    case "deflate":
      return createInflate();
    default:
      throw new FetchFailure("unsupported-type", `content encoding "${encoding}" is not supported`);
  }
}

/**
 * The decoded body of `response`.
 *
 * @param options.maxBytes cap on the received and, separately, on the decoded bytes
 * @param options.cutAt decoded bytes that are enough: what follows them is not received
 * @param options.progress called for every piece received
 * @throws {FetchFailure} `too-large` past a cap, `malformed` for broken compression
 */
export async function readBody(
  response: IncomingMessage,
  { maxBytes, cutAt = Infinity, progress }: {
    maxBytes: number;
    cutAt?: number;
    progress: () => void;
  },
): Promise<Uint8Array> {
  const decoder = decoderFor(response.headers["content-encoding"] ?? "");
  let received = 0;
  // pipeline may report a consequence (a premature close) instead of what went wrong first.
  let first: unknown;
  const noted = (error: unknown) => first ??= error;

  async function* receive(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of response as AsyncIterable<Uint8Array>) {
        progress();
        received += chunk.byteLength;
        if (received > maxBytes) throw tooLarge(maxBytes);
        yield chunk;
      }
      if (!response.complete) throw new FetchFailure("network-error", "the body ended early");
    } catch (error) {
      throw noted(error);
    }
  }
  async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of source) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes >= cutAt) return join(chunks, bytes).subarray(0, cutAt);
      if (bytes > maxBytes) throw noted(tooLarge(maxBytes));
      if (bytes > RATIO_FREE_BYTES && bytes > received * MAX_RATIO) {
        throw noted(
          new FetchFailure("too-large", `the body expands more than ${MAX_RATIO} times`),
        );
      }
    }
    return join(chunks, bytes);
  }
  if (decoder === undefined) return await collect(receive());
  try {
    return await pipeline(Readable.from(receive()), decoder, collect);
  } catch (error) {
    if (first !== undefined) throw first;
    // Neither the connection nor a cap: what is left is the decoder's own error.
    throw new FetchFailure("malformed", "the body's compression is broken or ends early", {
      cause: error,
    });
  }
}

const tooLarge = (maxBytes: number) =>
  new FetchFailure("too-large", `the body is larger than ${maxBytes} bytes`);

function join(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const joined = new Uint8Array(bytes);
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return joined;
}

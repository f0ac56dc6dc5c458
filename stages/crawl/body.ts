/**
 * Reads a response body, decoding its transfer compression under a cap on both sides.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import { createBrotliDecompress, createGunzip } from "node:zlib";
import { type Decoder, decoderOf, inflateEither } from "./content_coding.ts";
import { FetchFailure } from "./failure.ts";
import { joinBytes } from "../../model/bytes.ts";

/** Decoded bytes per received byte beyond which a body counts as a bomb. */
const MAX_RATIO = 100;
/** Smaller bodies may have any compression ratio. */
const RATIO_FREE_BYTES = 64 * 1024;

/** Most content codings on one body; a longer list is a server's mistake. */
const MAX_CODINGS = 4;

/** Values that some servers send although they name no coding, besides charsets. */
const NO_CODINGS: ReadonlySet<string> = new Set(["", "identity", "none", "binary", "7bit", "8bit"]);

/** Decoders by the name of the coding. */
const DECODERS: ReadonlyMap<string, Decoder> = new Map([
  ["gzip", decoderOf(() => createGunzip())],
  ["x-gzip", decoderOf(() => createGunzip())],
  ["br", decoderOf(() => createBrotliDecompress())],
  ["deflate", inflateEither],
]);

/** The decoders that undo a `Content-Encoding`, the last coding first (RFC 9110, 8.4). */
function decodersFor(header: string): Decoder[] {
  const codings = header.split(",").map((coding) => coding.trim().toLowerCase())
    .filter((coding) => !NO_CODINGS.has(coding) && !isCharset(coding));
  const refuse = (what: string) => new FetchFailure("unsupported-type", what);
  if (codings.length > MAX_CODINGS) {
    throw refuse(`the body has more than ${MAX_CODINGS} content encodings`);
  }
  return codings.map((coding) => {
    const decoder = DECODERS.get(coding);
    if (decoder === undefined) throw refuse(`content encoding "${coding}" is not supported`);
    return decoder;
  }).reverse();
}

/** Whether this is the name of a charset, which some servers put here. */
function isCharset(coding: string): boolean {
  try {
    new TextDecoder(coding);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/**
 * The decoded body of `response`.
 *
 * @param options.maxBytes cap on the received and, separately, on the decoded bytes
 * @param options.cutAt decoded bytes after which the rest is not received
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
  const decoders = decodersFor(response.headers["content-encoding"] ?? "");
  let received = 0;
  // A decoder may report a consequence (a premature close) instead of the root cause.
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
      if (bytes >= cutAt) return joinBytes(chunks).subarray(0, cutAt);
      if (bytes > maxBytes) throw noted(tooLarge(maxBytes));
      if (bytes > RATIO_FREE_BYTES && bytes > received * MAX_RATIO) {
        throw noted(
          new FetchFailure("too-large", `the body expands more than ${MAX_RATIO} times`),
        );
      }
    }
    return joinBytes(chunks);
  }
  if (decoders.length === 0) return await collect(receive());
  try {
    return await collect(
      decoders.reduce<AsyncIterable<Uint8Array>>((source, decode) => decode(source), receive()),
    );
  } catch (error) {
    if (first !== undefined) throw first;
    // Neither the connection nor a cap, so it is the decoder's own error.
    throw new FetchFailure("malformed", "the body's compression is broken or ends early", {
      cause: error,
    });
  }
}

const tooLarge = (maxBytes: number) =>
  new FetchFailure("too-large", `the body is larger than ${maxBytes} bytes`);

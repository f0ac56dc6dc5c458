/**
 * An HTTP response as a WARC record holds it: head, and body with its codings undone.
 *
 * @module
 */
import type { ByteReader } from "./byte_reader.ts";
import { brotliDecompressSync, inflateRawSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { isUtf8 } from "../charset.ts";
import { ReadFailure } from "./failure.ts";
import { isControl } from "./format.ts";
import { gunzipBody } from "./gzip_body.ts";
import { packingOf } from "./members.ts";
import { type Fields, readFields } from "./warc_record.ts";

const LATIN1 = new TextDecoder("latin1");

/** What a response says before its body. */
export interface ResponseHead {
  readonly status: number;
  readonly fields: Fields;
}

/** Reads the head of a response; the body is next. @throws {ReadFailure} where there is none */
export async function readResponseHead(block: ByteReader): Promise<ResponseHead> {
  const line = LATIN1.decode(await block.line(1024) ?? new Uint8Array());
  const status = /^HTTP\/\d(?:\.\d)? (\d{3})\b/.exec(line)?.[1];
  if (status === undefined) throw new ReadFailure("malformed", "it holds no HTTP response");
  return { status: Number(status), fields: await readFields(block) };
}

/** Codings of one body; more are an attack. */
const MAX_CODINGS = 4;

/**
 * A body without its transfer and content codings, the last one undone first. Many archives store
 * bodies decoded and the headers as they came, so that a coding is undone only where the bytes are
 * in it.
 *
 * @throws {ReadFailure} when it is broken, or decodes to more than `maxBytes`
 */
export function decodeBody(
  body: Uint8Array,
  { fields, maxBytes }: { fields: Fields; maxBytes: number },
): Uint8Array {
  const isChunked = /\bchunked\b/i.test(fields.get("transfer-encoding") ?? "");
  let decoded = isChunked ? joinChunks(body) ?? body : body;
  const codings = (fields.get("content-encoding") ?? "").toLowerCase().split(/[\s,]+/);
  for (const coding of codings.slice(-MAX_CODINGS).toReversed()) {
    decoded = undo(coding, { body: decoded, maxBytes });
  }
  // Some servers compress what is compressed and say so once: no page begins like this.
  const isPage = /^(?:text\/|application\/xhtml)/i.test(fields.get("content-type") ?? "");
  const isPacked = codings.some((coding) => /^(?:x-)?gzip$/.test(coding));
  return isPage && isPacked ? undo("gzip", { body: decoded, maxBytes }) : decoded;
}

/** The body without one coding, where it is in it. */
function undo(
  coding: string,
  { body, maxBytes }: { body: Uint8Array; maxBytes: number },
): Uint8Array {
  const decode = decoderOf(coding, body);
  if (decode === undefined) return body;
  try {
    return decode(body, { maxOutputLength: maxBytes });
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    if ("code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE") {
      throw new ReadFailure("too-large", `the body decodes to more than ${maxBytes} bytes`);
    }
    // Text in another encoding, stored decoded.
    if (coding === "deflate") return body;
    throw new ReadFailure("malformed", `the body's ${coding} data is broken`, { cause });
  }
}

function decoderOf(coding: string, body: Uint8Array) {
  const packing = packingOf(body);
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return packing === "gzip" ? gunzipBody : undefined;
    case "zstd":
      return packing === "zstd" ? zstdDecompressSync : undefined;
    case "deflate":
      // Many servers leave out the frame of zlib (RFC 9110, section 8.4.1.2).
      if ((body[0] ?? 0) % 16 === 8 && (256 * (body[0] ?? 0) + (body[1] ?? 0)) % 31 === 0) {
        return inflateSync;
      }
      return isText(body) ? undefined : inflateRawSync;
    case "br":
      // Markup begins with a sign that no Brotli stream of more than a few bytes does.
      return body[0] === 0x3c || isText(body) ? undefined : brotliDecompressSync;
    default:
      return undefined;
  }
}

/** Whether the body is decoded already: compressed bytes are soon no text in UTF-8. */
function isText(body: Uint8Array): boolean {
  const head = body.subarray(0, 1024);
  return isUtf8(head) && !head.some(isControl);
}

/** The data of a chunked body (RFC 9112, section 7.1), or `undefined` for what is none. */
function joinChunks(body: Uint8Array): Uint8Array | undefined {
  const joined = new Uint8Array(body.byteLength);
  let length = 0;
  for (let at = 0; at < body.byteLength;) {
    const end = body.indexOf(0x0a, at);
    const head = LATIN1.decode(body.subarray(at, Math.min(end < 0 ? at : end, at + 256)));
    const digits = /^([0-9a-f]{1,8})\s*(?:;.*)?\r?$/i.exec(head)?.[1];
    if (digits === undefined) return undefined;
    const size = parseInt(digits, 16);
    if (size === 0) break;
    // A body that was cut while it was fetched has a last chunk that ends early.
    const data = body.subarray(end + 1, end + 1 + size);
    joined.set(data, length);
    length += data.byteLength;
    at = end + 1 + size;
    if (body[at] === 0x0d) at++;
    if (body[at] === 0x0a) at++;
  }
  return joined.subarray(0, length);
}

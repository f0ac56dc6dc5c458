/**
 * WARC 1.1 records of crawled pages (ISO 28500:2017), each its own gzip member, so that files can be
 * split, joined and read from the middle.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { gzipSync } from "node:zlib";
import type { Page } from "../types.ts";

/** Headers of a decoded content coding, renamed as Common Crawl does. */
const UNDONE = /^(content-encoding|transfer-encoding|content-length)$/i;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const encoder = new TextEncoder();

/** `sha1:` and the digest in base 32, the form that WARC tools look pages up by. */
function sha1(...parts: readonly Uint8Array[]): string {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part);
  const bits = Array.from(hash.digest(), (byte) => byte.toString(2).padStart(8, "0")).join("");
  return `sha1:${bits.replace(/.{5}/g, (five) => BASE32.charAt(parseInt(five, 2)))}`;
}

/** A UUID (RFC 9562, version 8) derived from the record, so that it is reproducible. */
function recordId(...words: readonly string[]): string {
  const hex = createHash("sha256").update(words.join("\n")).digest("hex");
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ];
  return `<urn:uuid:${parts.join("-")}-${hex.slice(20, 32)}>`;
}

function member(
  headers: readonly (readonly [string, string])[],
  block: readonly Uint8Array[],
): Uint8Array {
  const length = block.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const lines = [...headers, ["Content-Length", `${length}`]].map((pair) => pair.join(": "));
  const head = encoder.encode(`WARC/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  return gzipSync(Buffer.concat([head, ...block, encoder.encode("\r\n\r\n")]));
}

/** The record that begins a file: who crawled, with what. `date` is an ISO 8601 instant. */
export function warcInfo(
  { file, date, fields }: {
    file: string;
    date: string;
    fields: Readonly<Record<string, string>>;
  },
): Uint8Array {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return member([
    ["WARC-Type", "warcinfo"],
    ["WARC-Record-ID", recordId("warcinfo", file, date)],
    ["WARC-Date", date],
    ["WARC-Filename", file],
    ["Content-Type", "application/warc-fields"],
  ], [encoder.encode(lines.join(""))]);
}

/** Control characters would end a header early. */
const oneLine = (text: string) => text.replace(/[\r\n\0]+/g, " ");

/**
 * The response record of a crawled page. The body is stored decoded; the headers of its coding are
 * renamed.
 *
 * @throws {TypeError} for a page that did not come over HTTP
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { warcResponse } from "./warc.ts";
 * const record = warcResponse({
 *   url: "https://example.org/",
 *   contentType: "text/plain",
 *   body: new TextEncoder().encode("text"),
 *   fetchedAt: "2024-01-01T00:00:00.000Z",
 *   response: { status: 200, headers: [["Content-Type", "text/plain"]] },
 * });
 * assertEquals([...record.slice(0, 2)], [0x1f, 0x8b]);
 * ```
 */
export function warcResponse({ url, body, fetchedAt, response }: Page): Uint8Array {
  if (response === undefined) {
    throw new TypeError(`Cannot archive ${url}: it did not come over HTTP`);
  }
  const lines = response.headers.map(([name, value]) =>
    `${UNDONE.test(name) ? `X-Crawler-${name}` : name}: ${oneLine(value)}\r\n`
  );
  const head = Buffer.from(
    `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ""}\r\n${
      lines.join("")
    }Content-Length: ${body.byteLength}\r\n\r\n`,
    // As received: a header's bytes were read as Latin-1.
    "latin1",
  );
  return member([
    ["WARC-Type", "response"],
    ["WARC-Record-ID", recordId("response", url, fetchedAt)],
    ["WARC-Date", fetchedAt],
    ["WARC-Target-URI", url],
    ["WARC-Payload-Digest", sha1(body)],
    ["WARC-Block-Digest", sha1(head, body)],
    ["Content-Type", "application/http; msgtype=response"],
  ], [head, body]);
}

/**
 * The members of a compressed stream: gzip members (RFC 1952) or zstd frames (RFC 8878), each with
 * the place at which it begins, so that a record can be named by it.
 *
 * @module
 */
import { crc32, createInflateRaw, createZstdDecompress } from "node:zlib";
import type { Transform } from "node:stream";
import { ByteReader } from "./byte_reader.ts";
import { ReadFailure } from "./failure.ts";
import { beginsZstd, isSkippable, skipFrame, zstdFrame } from "./zstd_frame.ts";

/** How a stream is compressed. */
export type Packing = "gzip" | "zstd";

/** One member; the whole stream where nothing is compressed. */
export interface Member {
  /** Byte of the stream at which it begins. */
  readonly offset: number;
  readonly content: ByteReader;
}

/** Bytes that a decoder is given at once: with at most 1,032 times as many it answers. */
const FEED_BYTES = 16 * 1024;
/** Largest header of a gzip member: names and comments in it have no bound of their own. */
const MAX_HEADER_BYTES = 64 * 1024;

const HEADER_CRC = 2, EXTRA = 4, NAME = 8, COMMENT = 16, RESERVED = 0xe0;

/** Whether a gzip member may begin with these bytes. */
const beginsGzip = (head: Uint8Array) =>
  head[0] === 0x1f && head[1] === 0x8b && head[2] === 8 && ((head[3] ?? RESERVED) & RESERVED) === 0;

/** How a stream that begins with `head` is compressed. */
export function packingOf(head: Uint8Array): Packing | undefined {
  if (beginsGzip(head)) return "gzip";
  return beginsZstd(head) || isSkippable(head) ? "zstd" : undefined;
}

/**
 * The members of `packed`, in order. What is left of a member when the next is asked for is passed
 * over. A member that turns out broken throws a `ReadFailure` to who reads it; the next one found
 * comes after it.
 */
export async function* members(packed: ByteReader, packing: Packing): AsyncGenerator<Member> {
  const begins = packing === "gzip" ? beginsGzip : beginsZstd;
  for (;;) {
    const head = await packed.peek(4);
    if (head.byteLength === 0) return;
    const { offset } = packed;
    if (packing === "zstd" && isSkippable(head)) {
      await skipFrame(packed);
      continue;
    }
    let broken = false;
    const whole = async function* (): AsyncGenerator<Uint8Array> {
      try {
        if (!begins(head)) throw new ReadFailure("malformed", `no ${packing} data begins here`);
        if (packing === "gzip") yield* gunzip(packed);
        else yield* inflate(new ByteReader(zstdFrame(packed)), createZstdDecompress());
      } catch (error) {
        broken = true;
        throw error;
      }
    };
    // Zeros may fill a file up.
    if (head.every((byte) => byte === 0) && await onlyZeros(packed)) return;
    const content = new ByteReader(whole());
    yield { offset, content };
    if (!broken) await content.skip().catch(() => {});
    if (broken) await seek(packed, { after: offset, begins });
  }
}

async function onlyZeros(packed: ByteReader): Promise<boolean> {
  for (;;) {
    const chunk = await packed.some(FEED_BYTES);
    if (chunk.byteLength === 0) return true;
    if (chunk.some((byte) => byte !== 0)) {
      packed.unread(chunk);
      return false;
    }
  }
}

/** Goes on to the next place behind `after` where a member may begin, or to the end. */
async function seek(
  packed: ByteReader,
  { after, begins }: { after: number; begins: (head: Uint8Array) => boolean },
): Promise<void> {
  if (packed.offset <= after) await packed.skip(after + 1 - packed.offset);
  for (;;) {
    const seen = await packed.peek(FEED_BYTES);
    if (seen.byteLength < 4) return void await packed.skip();
    for (let at = 0; at + 4 <= seen.byteLength; at++) {
      if (begins(seen.subarray(at, at + 4))) return void await packed.skip(at);
    }
    await packed.skip(seen.byteLength - 3);
  }
}

/** One gzip member, its checksum compared. */
async function* gunzip(packed: ByteReader): AsyncGenerator<Uint8Array> {
  await skipHeader(packed);
  let sum = 0, length = 0;
  for await (const chunk of inflate(packed, createInflateRaw())) {
    sum = crc32(chunk, sum);
    length += chunk.byteLength;
    yield chunk;
  }
  const tail = (await packed.peek(8)).slice();
  if (tail.byteLength < 8) throw new ReadFailure("malformed", "the gzip data ends early");
  const view = new DataView(tail.buffer);
  if (view.getUint32(0, true) !== sum || view.getUint32(4, true) !== length % 2 ** 32) {
    throw new ReadFailure("malformed", "the gzip data is broken: its checksum does not match");
  }
  await packed.skip(8);
}

async function skipHeader(packed: ByteReader): Promise<void> {
  const flags = (await packed.peek(10))[3] ?? 0;
  await packed.skip(10);
  if (flags & EXTRA) {
    const [low = 0, high = 0] = await packed.peek(2);
    await packed.skip(2 + low + 256 * high);
  }
  for (const part of [NAME, COMMENT]) if (flags & part) await skipString(packed);
  if (flags & HEADER_CRC) await packed.skip(2);
}

/** A string that ends with a zero byte. */
async function skipString(packed: ByteReader): Promise<void> {
  const seen = await packed.peek(MAX_HEADER_BYTES);
  const end = seen.indexOf(0);
  if (end < 0) throw new ReadFailure("malformed", "the header of the gzip data has no end");
  await packed.skip(end + 1);
}

/** What `decoder` makes of the stream until its data ends; what follows is left in the stream. */
async function* inflate(packed: ByteReader, decoder: Transform & { bytesWritten: number }) {
  let out: Uint8Array[] = [];
  let error: Error | undefined;
  let ended = false;
  let wake = () => {};
  decoder.on("data", (chunk: Uint8Array) => out.push(chunk));
  decoder.on("end", () => (ended = true, wake()));
  decoder.on("error", (cause) => (error = cause, wake()));
  const runDecoder = (act: (done: () => void) => void) =>
    new Promise<void>((resolve) => {
      wake = resolve;
      act(resolve);
    });
  try {
    for (let fed = 0; !ended;) {
      const chunk = await packed.some(FEED_BYTES);
      fed += chunk.byteLength;
      await runDecoder((done) => {
        if (chunk.byteLength === 0) decoder.end();
        else decoder.write(chunk, () => done());
      });
      if (error !== undefined) {
        // The next member may begin in what the decoder has choked on.
        packed.unread(chunk);
        throw error;
      }
      yield* out;
      out = [];
      const left = fed - decoder.bytesWritten;
      if (left > 0) {
        packed.unread(chunk.subarray(chunk.byteLength - left));
        return;
      }
      if (chunk.byteLength === 0 && !ended) throw new Error("ends early");
    }
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const code = "code" in cause ? String(cause.code) : cause.message;
    throw new ReadFailure("malformed", `the compressed data is broken or ends early (${code})`, {
      cause,
    });
  } finally {
    decoder.destroy();
  }
}

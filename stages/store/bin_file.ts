/**
 * Token files of other trainers: nanoGPT's `.bin`, ids of 16 bits and nothing else, and llm.c's, the
 * same behind a header of 256 words (dev/data/data_common.py), or ids of 32 bits for Llama 3.
 *
 * @module
 */
import { basename } from "node:path";
import { createHash } from "node:crypto";
import { generated } from "../flow.ts";
import { readAt } from "../../model/durable.ts";
import type { Split, TokenRun } from "../types.ts";

/** Bytes of llm.c's header. */
export const HEADER_BYTES = 1024;
/** First word of llm.c's header, by bytes per id, with the version that follows it. */
export const MAGICS = [
  { magic: 20240520, version: 1, idBytes: 2 },
  { magic: 20240801, version: 7, idBytes: 4 },
] as const;
/** Bytes per read. */
const READ_BYTES = 2 ** 20;
/** A longer document indicates a wrong end-of-text id. */
const MAX_DOCUMENT = 2 ** 24;

/** Choices for {@linkcode readBin}. */
export interface ReadBinOptions {
  readonly endOfTextId: number;
  /** Every id must be below. */
  readonly vocabSize: number;
  readonly split: Split;
}

/**
 * The documents of a token file, each ending with the end-of-text id, read by ranges. The id may
 * stand before each document, as llm.c has it, or after it, as nanoGPT does: what is between two of
 * them is a document.
 *
 * @throws {TypeError} (through the stream) when the file is truncated or of another format
 * @throws {RangeError} when an id is outside the vocabulary, or no end-of-text id comes
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readBin } from "./bin_file.ts";
 * const path = await Deno.makeTempFile();
 * await Deno.writeFile(path, new Uint8Array(Uint16Array.of(5, 6, 0, 7, 0).buffer));
 * const options = { endOfTextId: 0, vocabSize: 8, split: "train" } as const;
 * const runs = await Array.fromAsync(readBin(path, options));
 * assertEquals(runs.map(({ ids }) => [...ids]), [[5, 6, 0], [7, 0]]);
 * ```
 */
export function readBin(path: string, options: ReadBinOptions): ReadableStream<TokenRun> {
  const { endOfTextId, vocabSize, split } = options;
  return generated(async function* (signal) {
    using file = await Deno.open(path);
    const form = await readForm(file, path);
    let open: number[] = [];
    let document = 0;
    const close = (): TokenRun => {
      const ids = (vocabSize <= 65536 ? Uint16Array : Uint32Array).from([...open, endOfTextId]);
      open = [];
      const name = `${basename(path)}:${document++}`;
      return { docId: createHash("sha256").update(name).digest("hex").slice(0, 16), split, ids };
    };
    let place = 0;
    for await (const ids of readIds(file, form)) {
      signal.throwIfAborted();
      for (const id of ids) {
        if (id >= vocabSize) {
          throw new RangeError(
            `Cannot read ${path}: token ${place} is ${id}, and the vocabulary has ${vocabSize} ids; ` +
              "is it this tokenizer's file?",
          );
        }
        if (id !== endOfTextId) open.push(id);
        else if (open.length > 0) yield close();
        if (open.length > MAX_DOCUMENT) {
          throw new RangeError(
            `Cannot read ${path}: no end-of-text id ${endOfTextId} in ${MAX_DOCUMENT} tokens up to ` +
              `token ${place}; is it this tokenizer's file?`,
          );
        }
        place++;
      }
    }
    if (open.length > 0) yield close();
  });
}

/** Format and contents of a token file. */
export interface BinFile {
  readonly format: "nanogpt" | "llm.c";
  /** Of llm.c's header; null where there is none. */
  readonly version: number | null;
  readonly idBytes: 2 | 4;
  readonly tokens: number;
  /** -1 without tokens. */
  readonly highestId: number;
}

/**
 * Reads a token file from end to end.
 *
 * @throws {TypeError} when the file is truncated or of another format
 */
export async function inspectBin(path: string): Promise<BinFile> {
  using file = await Deno.open(path);
  const form = await readForm(file, path);
  let tokens = 0, highestId = -1;
  for await (const ids of readIds(file, form)) {
    tokens += ids.length;
    for (const id of ids) if (id > highestId) highestId = id;
  }
  const { idBytes, version } = form;
  return { format: version === null ? "nanogpt" : "llm.c", version, idBytes, tokens, highestId };
}

interface BinForm {
  readonly version: number | null;
  readonly idBytes: 2 | 4;
  /** Bytes of the ids, `[start, end)`. */
  readonly start: number;
  readonly end: number;
}

/** The ids of a file by ranges; each is valid until the next. */
async function* readIds(
  file: Deno.FsFile,
  { idBytes, start, end }: BinForm,
): AsyncGenerator<Uint16Array | Uint32Array, void> {
  const bytes = new Uint8Array(READ_BYTES);
  for (let at = start; at < end; at += READ_BYTES) {
    const count = await readAt(file, at, bytes.subarray(0, Math.min(READ_BYTES, end - at)));
    yield new (idBytes === 2 ? Uint16Array : Uint32Array)(bytes.buffer, 0, count / idBytes);
  }
}

/** Where the ids of a file are, and how wide. */
async function readForm(file: Deno.FsFile, path: string): Promise<BinForm> {
  const { size } = await file.stat();
  const head = new DataView(new ArrayBuffer(12));
  const read = await readAt(file, 0, new Uint8Array(head.buffer));
  const [magic, version, tokens] = [0, 4, 8].map((at) => head.getUint32(at, true)) as [
    number,
    number,
    number,
  ];
  const form = MAGICS.find((form) => form.magic === magic);
  if (form && form.version !== version) {
    throw new TypeError(
      `Cannot read ${path}: version ${version} of its header is not known, only ${form.version}`,
    );
  }
  if (read === 12 && form) {
    const { idBytes } = form;
    const end = HEADER_BYTES + tokens * idBytes;
    if (end > size) {
      throw new TypeError(`Cannot read ${path}: it is truncated, ${size} of ${end} bytes`);
    }
    if (end < size) {
      // The count has wrapped past 32 bits, or data was appended.
      throw new TypeError(
        `Cannot read ${path}: its header says ${tokens} tokens, ${end} bytes, and it has ${size}`,
      );
    }
    return { version, idBytes, start: HEADER_BYTES, end };
  }
  if (size % 2 === 1) {
    throw new TypeError(`Cannot read ${path}: ${size} bytes are not ids of 16 bits`);
  }
  return { version: null, idBytes: 2, start: 0, end: size };
}

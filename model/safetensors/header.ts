/**
 * The header of a safetensors file: u64 length, JSON, then the data it describes. It is
 * untrusted: a hostile file might try to crash this program or exhaust its memory.
 * Format: the README of huggingface/safetensors, "Format".
 *
 * @module
 */
import { z } from "zod";
import { findJsonFault, quote } from "./json_fault.ts";

/** Bytes an element takes, by dtype. */
const ELEMENT_BYTES: ReadonlyMap<string, number> = new Map([
  ["BOOL", 1],
  ["U8", 1],
  ["I8", 1],
  ["F8_E4M3", 1],
  ["F8_E5M2", 1],
  ["U16", 2],
  ["I16", 2],
  ["F16", 2],
  ["BF16", 2],
  ["U32", 4],
  ["I32", 4],
  ["F32", 4],
  ["U64", 8],
  ["I64", 8],
  ["F64", 8],
]);

/** The format allows 100 MB; 1 MiB describes 7,000 tensors and is checked in an instant. */
export const MAX_HEADER_BYTES = 2 ** 20;

/** The header, a tensor's entry, its shape. */
const MAX_DEPTH = 3;

/** Four a tensor; a megabyte of keys alone would take longer than an instant. */
const MAX_KEYS = 2 ** 15;

/** NumPy's limit; the format states none. */
const MAX_RANK = 64;

/** Bytes before the JSON: its length as a little-endian u64. */
export const PREFIX_BYTES = 8;

/** A tensor's entry in the file. */
export interface TensorInfo {
  /** `F32`, `F16`, `BF16`, ... */
  readonly dtype: string;
  /** Row-major; empty for a scalar. */
  readonly shape: readonly number[];
}

/** A tensor's place: `begin` to `end` in bytes from the start of the data. */
export interface TensorEntry extends TensorInfo {
  readonly begin: number;
  readonly end: number;
}

/** A checked header. */
export interface Header {
  /** In the order of their data. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

const metadataSchema = z.record(z.string(), z.string());

/**
 * The length of the header's JSON, from the file's first 8 bytes.
 *
 * @throws {SyntaxError} when it is impossible; checked before anything is allocated.
 */
export function headerLength(
  prefix: Uint8Array,
  { path, fileBytes }: { path: string; fileBytes: number },
): number {
  if (prefix.length < PREFIX_BYTES) {
    throw new SyntaxError(`Cannot read ${path}: ${fileBytes} bytes are too few for safetensors`);
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new SyntaxError(
      `Cannot read ${path}: its header claims ${length} bytes, more than ${MAX_HEADER_BYTES}`,
    );
  }
  if (Number(length) > fileBytes - PREFIX_BYTES) {
    throw new SyntaxError(
      `Cannot read ${path}: its header claims ${length} bytes but the file has ${fileBytes}; ` +
        `it is truncated or no safetensors file`,
    );
  }
  return Number(length);
}

/**
 * Parses and checks a header: no duplicate names, every size as dtype and shape require, the data
 * covered from start to end without gap or overlap.
 *
 * @throws {SyntaxError} naming file and tensor
 */
export function parseHeader(
  bytes: Uint8Array,
  { path, dataBytes }: { path: string; dataBytes: number },
): Header {
  const fail = (reason: string, cause?: unknown): never => {
    throw new SyntaxError(`Cannot read ${path}: ${reason}`, { cause });
  };
  // A byte order mark or padding before the brace is against the format.
  if (bytes[0] !== 0x7b) fail("its header does not start with {");
  let json: Record<string, unknown>;
  let fault: string | undefined;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    fault = findJsonFault(text, { maxDepth: MAX_DEPTH, maxKeys: MAX_KEYS });
    json = fault === undefined ? JSON.parse(text) : {};
  } catch (cause) {
    return fail("its header is not JSON in UTF-8", cause);
  }
  if (fault !== undefined) fail(`its header ${fault}`);

  const tensors: [name: string, entry: TensorEntry][] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(json)) {
    if (name === "__metadata__") {
      const parsed = metadataSchema.safeParse(value);
      if (!parsed.success) return fail("its __metadata__ is not a map of strings");
      metadata = new Map(Object.entries(parsed.data));
    } else {
      const entry = parseEntry(value);
      if (typeof entry === "string") return fail(`tensor ${quote(name)} ${entry}`);
      tensors.push([name, entry]);
    }
  }
  tensors.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const [name, entry] of tensors) {
    if (entry.begin !== end) {
      fail(
        `tensor ${quote(name)} starts at byte ${entry.begin} of the data, ` +
          `${entry.begin < end ? "inside another tensor" : "after a hole"} that ends at ${end}`,
      );
    }
    end = entry.end;
    if (end > dataBytes) {
      fail(
        `tensor ${quote(name)} ends at byte ${end} of the data, which has ${dataBytes}; ` +
          `the file is truncated`,
      );
    }
  }
  if (end !== dataBytes) fail(`${dataBytes - end} bytes of data belong to no tensor`);
  return { tensors: new Map(tensors), metadata };
}

/** The checked entry, or what is wrong with it. */
function parseEntry(value: unknown): TensorEntry | string {
  const fault = faultOf(value);
  if (fault !== undefined) return `has an invalid entry: ${fault}`;
  const { dtype, shape, data_offsets: [begin, end] } = value as RawEntry;
  const elementBytes = ELEMENT_BYTES.get(dtype);
  if (elementBytes === undefined) return `has the unknown dtype ${quote(dtype)}`;
  if (end < begin) return `ends at byte ${end}, before it starts at ${begin}`;
  const bytes = countElements(shape) * elementBytes;
  // A product past 2^53 is inexact, but then it is also larger than any offset.
  if (bytes !== end - begin) {
    return `of dtype ${dtype} and shape [${shape}] needs ${bytes} bytes but has ${end - begin}`;
  }
  return { dtype, shape, begin, end };
}

/** An entry as the format wants it. */
interface RawEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [begin: number, end: number];
}

/** Why a value is not a {@linkcode RawEntry}; written by hand, as a header has thousands. */
function faultOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "it is no object";
  const { dtype, shape, data_offsets: offsets } = value as Partial<Record<keyof RawEntry, unknown>>;
  if (typeof dtype !== "string") return "dtype: it is no text";
  if (!Array.isArray(shape)) return "shape: it is no list";
  if (shape.length > MAX_RANK) return `shape: it is longer than ${MAX_RANK}`;
  if (!Array.isArray(offsets) || offsets.length !== 2) return "data_offsets: it is no pair";
  for (const [name, list] of [["shape", shape], ["data_offsets", offsets]] as const) {
    const at = list.findIndex((size) => !Number.isSafeInteger(size) || size < 0);
    if (at >= 0) return `${name}.${at}: it is no integer from 0 to 2^53`;
  }
  return undefined;
}

/** Elements of a shape; 1 for a scalar. */
export function countElements(shape: readonly number[]): number {
  // A zero anywhere makes nothing, even beside dimensions whose product overflows.
  return shape.includes(0) ? 0 : shape.reduce((product, dimension) => product * dimension, 1);
}

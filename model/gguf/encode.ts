/**
 * The bytes of a GGUF file, version 3: header, key-value pairs, tensor table, data. Format: the file
 * docs/gguf.md of ggml-org/ggml.
 *
 * @module
 */
import type { ModelConfig } from "../config.ts";
import type { Layout } from "../layout.ts";
import { bytesOf, encodeRows, GGML_TYPE, type GgufType, typeFor } from "./blocks.ts";
import { ggufMetadata, type GgufSplit, type GgufValue } from "./metadata.ts";
import { ggufTensors } from "./tensors.ts";

/** A model to export. */
export interface GgufSource {
  readonly config: ModelConfig;
  readonly layout: Layout;
  /** The parameter area, `[layout.length]`; may be a view on shared memory. */
  readonly parameters: Float32Array;
  /** Text of tokenizer.json. */
  readonly tokenizerJson: string;
  /** What its `pre_tokenizer` does. */
  readonly split: GgufSplit;
  /** How matrices are stored; norms are always f32. */
  readonly type: GgufType;
  readonly name?: string;
  /** Text of the model's chat template. */
  readonly chatTemplate?: string | undefined;
  /** Its other templates, by their names. */
  readonly namedTemplates?: Readonly<Record<string, string>>;
  /** Ids that the tokenizer puts before a text. */
  readonly prefix?: readonly number[] | undefined;
}

/** "GGUF", little endian. */
export const MAGIC = 0x46554747;
/** The version written and read. */
export const VERSION = 3;
/** Each tensor starts at a multiple of this. */
const ALIGNMENT = 32;

/** The format's number of each value type. */
const VALUE_TYPE = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;

/** Floats encoded per piece. */
const CHUNK_FLOATS = 1 << 18;

/**
 * The file in pieces of bounded size.
 *
 * @throws {TypeError} when `parameters` is not the parameter area of `layout`
 */
export function* encodeGguf(source: GgufSource): Generator<Uint8Array> {
  const { config, layout, parameters, type, name = "cllm" } = source;
  if (parameters.length !== layout.length) {
    throw new TypeError(
      `Cannot export to GGUF: the model has ${layout.length} parameters, got ${parameters.length}`,
    );
  }
  const metadata = ggufMetadata(config, { ...source, name });
  const tensors = ggufTensors(config, layout)
    .map((tensor) => ({ ...tensor, type: typeFor(tensor.parameter.shape, type) }));
  const head = new ByteList();
  head.uint32(MAGIC);
  head.uint32(VERSION);
  head.uint64(tensors.length);
  head.uint64(metadata.size);
  for (const [key, value] of metadata) {
    head.string(key);
    writeValue(head, value);
  }
  let offset = 0;
  for (const { name, type, parameter: { shape, size } } of tensors) {
    head.string(name);
    head.uint32(shape.length);
    // The contiguous dimension comes first.
    for (const dimension of shape.toReversed()) head.uint64(dimension);
    head.uint32(GGML_TYPE[type]);
    head.uint64(offset);
    offset += padded(bytesOf(size, type));
  }
  yield head.bytes();
  yield padding(head.length);
  for (const { type, sourceRow, derived, parameter: { shape, size, offset } } of tensors) {
    const columns = rowLength(shape);
    const rows = size / columns;
    const step = Math.max(1, Math.floor(CHUNK_FLOATS / columns));
    for (let row = 0; row < rows; row += step) {
      const chunk = new Float32Array(Math.min(step, rows - row) * columns);
      for (let i = 0; i * columns < chunk.length; i++) {
        const from = offset + sourceRow(row + i) * columns;
        chunk.set((derived ?? parameters).subarray(from, from + columns), i * columns);
      }
      yield encodeRows(chunk, type);
    }
    yield padding(bytesOf(size, type));
  }
}

function writeValue(list: ByteList, value: GgufValue): void {
  switch (value.type) {
    case "strings":
    case "int32s": {
      const element = value.type === "strings" ? "string" : "int32";
      list.uint32(VALUE_TYPE.array);
      list.uint32(VALUE_TYPE[element]);
      list.uint64(value.value.length);
      if (value.type === "strings") { for (const text of value.value) list.string(text); }
      else for (const number of value.value) list.int32(number);
      return;
    }
    case "string":
      list.uint32(VALUE_TYPE.string);
      return list.string(value.value);
    case "bool":
      list.uint32(VALUE_TYPE.bool);
      return list.uint8(value.value ? 1 : 0);
    default:
      list.uint32(VALUE_TYPE[value.type]);
      return list[value.type](value.value);
  }
}

/** Elements that stay together when rows change places; a bias has one per row of its matrix. */
export function rowLength(shape: readonly number[]): number {
  return shape.length > 1 ? shape.at(-1) as number : 1;
}

/** `bytes` and what follows them up to the next tensor. */
export function padded(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

function padding(bytes: number): Uint8Array {
  return new Uint8Array(padded(bytes) - bytes);
}

/** Little-endian values one after another. */
class ByteList {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  uint8(value: number): void {
    const at = this.#room(1);
    this.#view.setUint8(at, value);
  }

  uint32(value: number): void {
    const at = this.#room(4);
    if (value !== value >>> 0) throw new RangeError(`Cannot write GGUF: ${value} passes 32 bits`);
    this.#view.setUint32(at, value, true);
  }

  int32(value: number): void {
    const at = this.#room(4);
    if (value !== (value | 0)) throw new RangeError(`Cannot write GGUF: ${value} passes 32 bits`);
    this.#view.setInt32(at, value, true);
  }

  float32(value: number): void {
    const at = this.#room(4);
    this.#view.setFloat32(at, value, true);
  }

  uint64(value: number): void {
    const at = this.#room(8);
    this.#view.setBigUint64(at, BigInt(value), true);
  }

  string(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.uint64(bytes.length);
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  /** Makes room for `count` bytes and returns where they go. */
  #room(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.length);
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

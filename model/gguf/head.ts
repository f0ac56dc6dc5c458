/**
 * The head of a GGUF file: its key-value pairs and the table of its tensors. Nothing is taken on
 * trust: lengths are checked against the file before anything is allocated.
 *
 * @module
 */
import { GGML_TYPE, type StoredType } from "./blocks.ts";
import { MAGIC, padded, VERSION } from "./encode.ts";

const STRING = 8, ARRAY = 9;
/** Names of ggml's other types (ggml.h), by number: blocks of fewer bits, the k-quants among them. */
const OTHER_TYPES: ReadonlyMap<number, string> = new Map([
  ...[[3, "q4_1"], [6, "q5_0"], [7, "q5_1"], [9, "q8_1"], [10, "q2_K"], [11, "q3_K"]] as const,
  ...[[12, "q4_K"], [13, "q5_K"], [14, "q6_K"], [15, "q8_K"], [16, "iq2_xxs"]] as const,
  ...[[17, "iq2_xs"], [18, "iq3_xxs"], [19, "iq1_s"], [20, "iq4_nl"], [21, "iq3_s"]] as const,
  ...[[22, "iq2_s"], [23, "iq4_xs"], [29, "iq1_m"], [39, "mxfp4"]] as const,
]);

/** ggml's limit, and far more tensors than a model has. */
const MAX_RANK = 4, MAX_TENSORS = 1 << 16;
/** Far more pairs, and entries of one, than a model has. */
const MAX_PAIRS = 1 << 16, MAX_ENTRIES = 1 << 24;
/** Read at first; as often as it is not enough, twice as much. */
const FIRST_BYTES = 1 << 20;
const MAX_BYTES = 1 << 28;

/** A value of a pair; lists are of values of one kind. */
export type GgufField = string | number | boolean | readonly GgufField[];

/** A tensor of a file. */
export interface StoredTensor {
  /** The contiguous dimension last. */
  readonly shape: readonly number[];
  readonly type: StoredType;
  /** First byte in the file. */
  readonly begin: number;
}

/** What the head says. */
export interface GgufHead {
  readonly fields: ReadonlyMap<string, GgufField>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/**
 * Reads the head of the file at `path`.
 *
 * @throws {SyntaxError} when it is no GGUF file of version 3, damaged, or has tensors of another type
 */
export async function readGgufHead(path: string): Promise<GgufHead> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  for (let length = Math.min(size, FIRST_BYTES);; length = Math.min(size, 2 * length)) {
    const bytes = await readAt(file, { begin: 0, length });
    try {
      return parseHead(bytes, { path });
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      if (length < Math.min(size, MAX_BYTES)) continue;
      throw new SyntaxError(`Cannot read ${path}: it is truncated`, { cause });
    }
  }
}

/** Bytes of a file from `begin` on, all of them. @throws {RangeError} where it ends before */
export async function readAt(
  file: Deno.FsFile,
  { begin, length }: { begin: number; length: number },
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  await file.seek(begin, Deno.SeekMode.Start);
  for (let at = 0; at < length;) {
    const count = await file.read(bytes.subarray(at));
    if (count === null) throw new RangeError("past the end");
    at += count;
  }
  return bytes;
}

function parseHead(bytes: Uint8Array, { path }: { path: string }): GgufHead {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder();
  let at = 0;
  const step = (count: number) => {
    if (count > bytes.length - at) throw new RangeError("past the end");
    return (at += count) - count;
  };
  const uint32 = () => view.getUint32(step(4), true);
  const uint64 = () => Number(view.getBigUint64(step(8), true));
  const string = () => {
    const length = uint64();
    const begin = step(length);
    return decoder.decode(bytes.subarray(begin, begin + length));
  };
  const atMost = (count: number, { most, what }: { most: number; what: string }) => {
    if (count <= most) return count;
    throw new SyntaxError(`Cannot read ${path}: it claims ${count} ${what}, more than ${most}`);
  };
  /** By the format's number of a type. */
  const scalars: Readonly<Record<number, () => GgufField>> = {
    0: () => view.getUint8(step(1)),
    1: () => view.getInt8(step(1)),
    2: () => view.getUint16(step(2), true),
    3: () => view.getInt16(step(2), true),
    4: uint32,
    5: () => view.getInt32(step(4), true),
    6: () => view.getFloat32(step(4), true),
    7: () => view.getUint8(step(1)) !== 0,
    [STRING]: string,
    10: uint64,
    11: () => Number(view.getBigInt64(step(8), true)),
    12: () => view.getFloat64(step(8), true),
  };
  const scalar = (type: number) => {
    const read = scalars[type];
    if (!read) throw new SyntaxError(`Cannot read ${path}: value type ${type}`);
    return read;
  };
  const field = (type: number): GgufField => {
    if (type !== ARRAY) return scalar(type)();
    const read = scalar(uint32());
    const length = atMost(uint64(), { most: MAX_ENTRIES, what: "values in one field" });
    const values: GgufField[] = [];
    while (values.length < length) values.push(read());
    return values;
  };
  if (uint32() !== MAGIC || uint32() !== VERSION) {
    throw new SyntaxError(`Cannot read ${path}: it is no GGUF file of version ${VERSION}`);
  }
  const tensorCount = atMost(uint64(), { most: MAX_TENSORS, what: "tensors" });
  const fields = new Map<string, GgufField>();
  for (let pairs = atMost(uint64(), { most: MAX_PAIRS, what: "fields" }); pairs > 0; pairs--) {
    fields.set(string(), field(uint32()));
  }
  const tensors = Array.from({ length: tensorCount }, () => {
    const name = string();
    const what = `dimensions of ${name.slice(0, 100)}`;
    const rank = atMost(uint32(), { most: MAX_RANK, what });
    const shape = Array.from({ length: rank }, uint64).reverse();
    const number = uint32();
    const types = Object.keys(GGML_TYPE) as StoredType[];
    const type = types.find((type) => GGML_TYPE[type] === number);
    if (!type) {
      const stored = OTHER_TYPES.get(number) ?? `ggml's type ${number}`;
      throw new SyntaxError(
        `Cannot read ${path}: tensor ${name} is stored as ${stored}, and only ` +
          `${types.join(", ")} can be read; convert the file to one of these`,
      );
    }
    return { name, shape, type, offset: uint64() };
  });
  const alignment = fields.get("general.alignment");
  const start = typeof alignment === "number" && alignment > 0
    ? Math.ceil(at / alignment) * alignment
    : padded(at);
  return {
    fields,
    tensors: new Map(
      tensors.map(({ name, offset, ...rest }) => [name, { ...rest, begin: start + offset }]),
    ),
  };
}

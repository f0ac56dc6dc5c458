/**
 * Writes safetensors files.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type FileDigest, writeWhole } from "../durable.ts";
import { FLOAT_BYTES, type FloatDtype, narrow } from "./convert.ts";
import { countElements, MAX_HEADER_BYTES, PREFIX_BYTES } from "./header.ts";

/** Floats copied, hashed and written per piece. */
const CHUNK_FLOATS = 2 ** 18;

/** A tensor to write, row-major; `data` may be a view of shared memory. */
export interface TensorData {
  readonly name: string;
  readonly shape: readonly number[];
  /** As many floats as `shape` says. */
  readonly data: Float32Array;
}

/** Options of {@linkcode writeSafetensors}. */
export interface WriteSafetensorsOptions {
  readonly tensors: Iterable<TensorData>;
  /** Default `{ format: "pt" }`, which Hugging Face transformers asks for. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Stored dtype; values are rounded to nearest. Default F32. */
  readonly dtype?: FloatDtype;
}

/**
 * Writes tensors to `path` in the order given: the file appears there whole, on the disk, or not
 * at all. Memory does not grow with them.
 *
 * @returns the size of the file and its SHA-256 in hex
 * @throws {TypeError} when data and shape of a tensor disagree
 * @throws {RangeError} when a name is taken twice
 */
export async function writeSafetensors(
  path: string,
  { tensors, metadata = { format: "pt" }, dtype = "F32" }: WriteSafetensorsOptions,
): Promise<FileDigest> {
  const list = [...tensors];
  const header = formatHeader(list, { metadata, dtype, path });
  const hash = createHash("sha256");
  let written = 0;
  await writeWhole(path, async (put) => {
    const add = async (bytes: Uint8Array) => {
      hash.update(bytes);
      written += bytes.length;
      await put(bytes);
    };
    await add(header);
    for (const { data } of list) {
      for (let begin = 0; begin < data.length; begin += CHUNK_FLOATS) {
        // Narrowing copies, as it must: system calls refuse shared memory.
        await add(narrow(data.subarray(begin, begin + CHUNK_FLOATS), dtype));
      }
    }
  });
  return { bytes: written, sha256: hash.digest("hex") };
}

/** Prefix and JSON, padded with spaces so that the data starts at a multiple of 8 bytes. */
function formatHeader(
  tensors: readonly TensorData[],
  { metadata, dtype, path }: {
    metadata: Readonly<Record<string, string>>;
    dtype: FloatDtype;
    path: string;
  },
): Uint8Array {
  const entries = new Map<string, unknown>([["__metadata__", metadata]]);
  let end = 0;
  for (const { name, shape, data } of tensors) {
    if (entries.has(name)) {
      throw new RangeError(`Cannot write ${path}: the name ${JSON.stringify(name)} is taken`);
    }
    if (countElements(shape) !== data.length) {
      throw new TypeError(
        `Cannot write ${path}: tensor ${name} of shape [${shape}] has ${data.length} floats`,
      );
    }
    const bytes = data.length * FLOAT_BYTES[dtype];
    entries.set(name, { dtype, shape, data_offsets: [end, end + bytes] });
    end += bytes;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const length = Math.ceil(json.length / 8) * 8;
  if (length > MAX_HEADER_BYTES) {
    throw new RangeError(
      `Cannot write ${path}: ${tensors.length} tensors need a header of ${length} bytes, ` +
        `more than ${MAX_HEADER_BYTES}`,
    );
  }
  const bytes = new Uint8Array(PREFIX_BYTES + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, PREFIX_BYTES);
  return bytes;
}

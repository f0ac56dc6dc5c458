/**
 * Writes safetensors files.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { countElements, MAX_HEADER_BYTES, PREFIX_BYTES } from "./header.ts";

/** Bytes copied, hashed and written at a time. */
const CHUNK_BYTES = 2 ** 20;

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
}

/**
 * Writes f32 tensors to `path` in the order given and waits until they are on the disk. The memory
 * it takes does not grow with them. Not atomic: a failure leaves a partial file behind.
 *
 * @returns the size of the file and its SHA-256 in hex
 * @throws {TypeError} when data and shape of a tensor disagree
 * @throws {RangeError} when a name is taken twice
 */
export async function writeSafetensors(
  path: string,
  { tensors, metadata = { format: "pt" } }: WriteSafetensorsOptions,
): Promise<{ bytes: number; sha256: string }> {
  const list = [...tensors];
  const header = formatHeader(list, { metadata, path });
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const hash = createHash("sha256");
  let written = 0;
  const put = async (bytes: Uint8Array) => {
    hash.update(bytes);
    written += bytes.length;
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
  };
  await put(header);
  // Writes go through a buffer of their own: system calls refuse shared memory.
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (const { data } of list) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (let begin = 0; begin < bytes.length; begin += CHUNK_BYTES) {
      const part = bytes.subarray(begin, begin + CHUNK_BYTES);
      chunk.set(part);
      await put(chunk.subarray(0, part.length));
    }
  }
  await file.sync();
  return { bytes: written, sha256: hash.digest("hex") };
}

/** Prefix and JSON, padded with spaces so that the data starts at a multiple of 8 bytes. */
function formatHeader(
  tensors: readonly TensorData[],
  { metadata, path }: { metadata: Readonly<Record<string, string>>; path: string },
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
    entries.set(name, { dtype: "F32", shape, data_offsets: [end, end + data.byteLength] });
    end += data.byteLength;
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

/**
 * Reads a safetensors file tensor by tensor.
 *
 * @module
 */
import { FLOAT_BYTES, isFloatDtype, widen } from "./convert.ts";
import {
  countElements,
  headerLength,
  parseHeader,
  PREFIX_BYTES,
  type TensorEntry,
  type TensorInfo,
} from "./header.ts";

/** Bytes read at a time, so that memory does not grow with the tensors. */
const CHUNK_BYTES = 2 ** 20;

/** An open file (or several that make one model). Disposing closes it. */
export interface SafetensorsFile extends Disposable {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>;
  /**
   * Fills `target`, which may be a view of shared memory, with the tensor `name`, widened from F16
   * or BF16 where it is stored so.
   *
   * @throws {RangeError} when there is no such tensor
   * @throws {TypeError} when `target` has another size, or the dtype is not a float of 16 or 32 bits
   */
  readInto(name: string, target: Float32Array): void;
}

/**
 * Opens a safetensors file. The whole header is checked before memory is allocated for its claims.
 *
 * @throws {SyntaxError} naming file and tensor, when the file is truncated, damaged or hostile
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openSafetensors, writeSafetensors } from "./mod.ts";
 * const path = await Deno.makeTempFile();
 * await writeSafetensors(path, {
 *   tensors: [{ name: "w", shape: [2, 1], data: Float32Array.of(0.5, -1) }],
 * });
 * using file = await openSafetensors(path);
 * const w = new Float32Array(2);
 * file.readInto("w", w);
 * assertEquals([...w], [0.5, -1]);
 * await Deno.remove(path);
 * ```
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  // Checked before opening, since opening a pipe would wait for its writer.
  if (!(await Deno.stat(path)).isFile) {
    throw new SyntaxError(`Cannot read ${path}: it is not a file`);
  }
  const file = await Deno.open(path);
  try {
    const { size: fileBytes } = await file.stat();
    const prefix = new Uint8Array(Math.min(PREFIX_BYTES, fileBytes));
    readFully(file, prefix, { at: 0, path });
    const length = headerLength(prefix, { path, fileBytes });
    const json = new Uint8Array(length);
    readFully(file, json, { at: PREFIX_BYTES, path });
    const start = PREFIX_BYTES + length;
    const { tensors, metadata } = parseHeader(json, { path, dataBytes: fileBytes - start });
    // Reads go through a buffer of our own: system calls refuse shared memory.
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, fileBytes - start));
    return {
      tensors,
      metadata,
      readInto(name, target) {
        const entry = tensors.get(name);
        if (!entry) throw new RangeError(`Cannot read tensor ${name}: ${path} has none`);
        readTensor(file, target, { ...entry, name, start, path, chunk });
      },
      [Symbol.dispose]: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

interface TensorPlace extends TensorEntry {
  readonly name: string;
  readonly path: string;
  /** Where the data starts in the file. */
  readonly start: number;
  /** Buffer to read through. */
  readonly chunk: Uint8Array;
}

function readTensor(file: Deno.FsFile, target: Float32Array, place: TensorPlace): void {
  const { name, path, dtype, shape, begin, end, start, chunk } = place;
  if (!isFloatDtype(dtype)) {
    throw new TypeError(
      `Cannot read tensor ${name} of ${path}: dtype ${dtype} is not one of F32, F16, BF16`,
    );
  }
  if (target.length !== countElements(shape)) {
    throw new TypeError(
      `Cannot read tensor ${name} of ${path}: shape [${shape}] does not fit ${target.length} floats`,
    );
  }
  const elementBytes = FLOAT_BYTES[dtype];
  for (let done = 0; done < end - begin; done += chunk.length) {
    const bytes = chunk.subarray(0, Math.min(chunk.length, end - begin - done));
    readFully(file, bytes, { at: start + begin + done, path });
    widen(
      target.subarray(done / elementBytes, (done + bytes.length) / elementBytes),
      bytes,
      dtype,
    );
  }
}

/** Fills `target` from byte `at`. Seek and read are synchronous, so that calls cannot interleave. */
function readFully(
  file: Deno.FsFile,
  target: Uint8Array,
  { at, path }: { at: number; path: string },
): void {
  file.seekSync(at, Deno.SeekMode.Start);
  for (let filled = 0; filled < target.length;) {
    const count = file.readSync(target.subarray(filled));
    if (count === null) {
      throw new SyntaxError(`Cannot read ${path}: it ends at byte ${at + filled}, it is truncated`);
    }
    filled += count;
  }
}

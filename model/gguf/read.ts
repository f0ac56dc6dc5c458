/**
 * Reads the tensors of a GGUF file that this program wrote, to compare them with the originals.
 *
 * @module
 */
import type { ModelConfig } from "../config.ts";
import type { Layout } from "../layout.ts";
import { bytesOf, decodeRows, GGML_TYPE, type GgufType } from "./blocks.ts";
import { MAGIC, padded, rowLength, VERSION } from "./encode.ts";
import { ggufTensors } from "./tensors.ts";

/** Bytes of the value types of fixed size, by the format's number. */
const FIXED_BYTES: Readonly<Record<number, number>> = { 4: 4, 5: 4, 6: 4, 7: 1 };
const STRING = 8, ARRAY = 9;
/** ggml's limit, and far more tensors than a model has. */
const MAX_RANK = 4, MAX_TENSORS = 1 << 16;

/**
 * Fills `parameters` with the weights in the file, in Hugging Face's order of rows.
 *
 * @throws {SyntaxError} when the file is not one of {@linkcode writeGguf}
 * @throws {TypeError} when a tensor of `layout` is missing or of another shape
 */
export async function readGguf(
  path: string,
  { config, layout, parameters }: {
    config: ModelConfig;
    layout: Layout;
    parameters: Float32Array;
  },
): Promise<void> {
  const bytes = await Deno.readFile(path);
  const table = readTable(bytes, { path });
  for (
    const { name, derived, parameter: { shape, size, offset }, sourceRow } of ggufTensors(
      config,
      layout,
    )
  ) {
    const stored = table.get(name);
    if (stored?.shape.join() !== shape.join()) {
      throw new TypeError(
        `Cannot read ${path}: tensor ${name} is [${stored?.shape}], not [${shape}]`,
      );
    }
    const { begin, type } = stored;
    if (begin + bytesOf(size, type) > bytes.length) {
      throw new SyntaxError(
        `Cannot read ${path}: tensor ${name} ends past the file, it is truncated`,
      );
    }
    const tensor = new Float32Array(size);
    decodeRows(tensor, bytes.subarray(begin, begin + bytesOf(size, type)), type);
    if (derived) continue;
    const columns = rowLength(shape);
    for (let row = 0; row * columns < size; row++) {
      const values = tensor.subarray(row * columns, (row + 1) * columns);
      parameters.set(values, offset + sourceRow(row) * columns);
    }
  }
}

interface StoredTensor {
  readonly shape: readonly number[];
  readonly type: GgufType;
  /** First byte in the file. */
  readonly begin: number;
}

/** The tensor table of the file; skips key-value pairs. */
function readTable(bytes: Uint8Array, { path }: { path: string }): Map<string, StoredTensor> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const uint32 = () => view.getUint32((at += 4) - 4, true);
  const uint64 = () => Number(view.getBigUint64((at += 8) - 8, true));
  const skip = (count: number) => {
    if (count > bytes.length - at) throw new RangeError("past the end");
    at += count;
  };
  const string = () => {
    const length = uint64();
    skip(length);
    return new TextDecoder().decode(bytes.subarray(at - length, at));
  };
  const atMost = (count: number, { most, what }: { most: number; what: string }) => {
    if (count <= most) return count;
    throw new SyntaxError(`Cannot read ${path}: it claims ${count} ${what}, more than ${most}`);
  };
  const skipValues = (type: number, count: number) => {
    if (type === STRING) {
      for (; count > 0; count--) skip(uint64());
      return;
    }
    const size = FIXED_BYTES[type];
    if (size === undefined) throw new SyntaxError(`Cannot read ${path}: value type ${type}`);
    skip(size * count);
  };
  try {
    if (uint32() !== MAGIC || uint32() !== VERSION) {
      throw new SyntaxError(`Cannot read ${path}: it is no GGUF file of version ${VERSION}`);
    }
    const tensorCount = atMost(uint64(), { most: MAX_TENSORS, what: "tensors" });
    for (let pairs = uint64(); pairs > 0; pairs--) {
      string();
      const type = uint32();
      if (type === ARRAY) skipValues(uint32(), uint64());
      else skipValues(type, 1);
    }
    const tensors = Array.from({ length: tensorCount }, () => {
      const name = string();
      const rank = atMost(uint32(), {
        most: MAX_RANK,
        what: `dimensions of ${name.slice(0, 100)}`,
      });
      const shape = Array.from({ length: rank }, uint64).reverse();
      const number = uint32();
      const type = (Object.keys(GGML_TYPE) as GgufType[]).find((type) =>
        GGML_TYPE[type] === number
      );
      if (!type) throw new SyntaxError(`Cannot read ${path}: tensor ${name} has type ${number}`);
      return { name, shape, type, offset: uint64() };
    });
    const start = padded(at);
    return new Map(tensors.map(({ name, offset, ...rest }) => [
      name,
      { ...rest, begin: start + offset },
    ]));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new SyntaxError(`Cannot read ${path}: it is truncated`, { cause });
  }
}

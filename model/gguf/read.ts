/**
 * Reads the tensors of a GGUF file that this program wrote, to compare them with what it was given.
 *
 * @module
 */
import type { ModelConfig } from "../config.ts";
import type { Layout } from "../layout.ts";
import { bytesOf, decodeRows, GGML_TYPE, type GgufType } from "./blocks.ts";
import { MAGIC, padded, VERSION } from "./encode.ts";
import { ggufTensors } from "./tensors.ts";

/** Bytes of the value types of fixed size, by the format's number. */
const FIXED_BYTES: Readonly<Record<number, number>> = { 4: 4, 5: 4, 6: 4, 7: 1 };
const STRING = 8, ARRAY = 9;

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
    const { name, parameter: { shape, size, offset }, sourceRow } of ggufTensors(config, layout)
  ) {
    const stored = table.get(name);
    if (stored?.shape.join() !== shape.join()) {
      throw new TypeError(
        `Cannot read ${path}: tensor ${name} is [${stored?.shape}], not [${shape}]`,
      );
    }
    const { begin, type } = stored;
    const tensor = new Float32Array(size);
    decodeRows(tensor, bytes.subarray(begin, begin + bytesOf(size, type)), type);
    const columns = shape.at(-1) as number;
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

/** The tensor table of the file; key-value pairs are passed over. */
function readTable(bytes: Uint8Array, { path }: { path: string }): Map<string, StoredTensor> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const uint32 = () => view.getUint32((at += 4) - 4, true);
  const uint64 = () => Number(view.getBigUint64((at += 8) - 8, true));
  const string = () => {
    const length = uint64();
    return new TextDecoder().decode(bytes.subarray(at, at += length));
  };
  const skipValue = (type: number) => {
    if (type === STRING) return void string();
    const size = FIXED_BYTES[type];
    if (size === undefined) throw new SyntaxError(`Cannot read ${path}: value type ${type}`);
    at += size;
  };
  try {
    if (uint32() !== MAGIC || uint32() !== VERSION) {
      throw new SyntaxError(`Cannot read ${path}: it is no GGUF file of version ${VERSION}`);
    }
    const tensorCount = uint64();
    for (let pairs = uint64(); pairs > 0; pairs--) {
      string();
      const type = uint32();
      if (type !== ARRAY) skipValue(type);
      else {
        const element = uint32();
        for (let count = uint64(); count > 0; count--) skipValue(element);
      }
    }
    const tensors = Array.from({ length: tensorCount }, () => {
      const name = string();
      const shape = Array.from({ length: uint32() }, uint64).reverse();
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

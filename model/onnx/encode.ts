/**
 * Serialises the model as an ONNX file, weights last and in small pieces, so that exporting needs
 * no memory beyond the weights themselves.
 *
 * @module
 */
import { DataType, encodeMessage, IR_VERSION } from "./proto.ts";
import project from "../../deno.json" with { type: "json" };
import type { ModelConfig } from "../config.ts";
import { validateConfig } from "../config_json.ts";
import type { Layout, Parameter } from "../layout.ts";
import { buildLlama } from "./llama.ts";
import { OPSET } from "./operators.ts";
import { isQuantized, type Precision, quantizeRows, scaleName } from "./precision.ts";

/** A model to export. */
export interface OnnxSource {
  readonly config: ModelConfig;
  readonly layout: Layout;
  /** The parameter area, `[layout.length]`; may be a view on shared memory. */
  readonly parameters: Float32Array;
  /** How matrices are stored; `float32` by default. */
  readonly precision?: Precision;
}

/** Largest piece. */
const CHUNK_BYTES = 1 << 20;
/** Limit of protocol buffers. */
const MAX_BYTES = 2 ** 31 - 1;

/** Field numbers in onnx.proto3. */
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR_RAW_DATA = 9;

/**
 * The bytes of the ONNX file, in pieces of at most 1 MiB apart from the graph itself.
 *
 * @throws {TypeError} when `parameters` is not the parameter area of `layout`
 * @throws {RangeError} when the model does not fit the 2 GiB of one ONNX file
 */
export function* encodeOnnx(source: OnnxSource): Generator<Uint8Array> {
  const { config, layout, parameters, precision = "float32" } = source;
  validateConfig(config, { source: "the model to export" });
  if (parameters.length !== layout.length) {
    throw new TypeError(
      `Cannot export to ONNX: the model has ${layout.length} parameters, got ${parameters.length}`,
    );
  }
  const graph = buildLlama(config, precision).encode();
  const weights = layout.parameters.map((parameter) => describeWeight(parameter, precision));
  const graphBytes = weights.flat().reduce(
    (sum, { head, bytes }) => sum + head.length + bytes,
    graph.length,
  );
  if (graphBytes > MAX_BYTES) {
    throw new RangeError(
      `Cannot export to ONNX: ${graphBytes} bytes do not fit one file; use a smaller model`,
    );
  }
  yield modelHead(config);
  yield prefix(MODEL_GRAPH, graphBytes);
  yield graph;
  for (const [i, { offset, size, shape }] of layout.parameters.entries()) {
    const data = parameters.subarray(offset, offset + size);
    const tensors = weights[i] ?? [];
    const columns = shape.at(-1) ?? 1;
    const parts = tensors.length > 1 ? Object.values(quantizeRows(data, { columns })) : [data];
    for (const [j, { head }] of tensors.entries()) {
      yield head;
      yield* pieces(parts[j] ?? data);
    }
  }
}

/** The bytes of an array, copied: they may be shared. */
function* pieces(array: Float32Array | Int8Array): Generator<Uint8Array> {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.slice(at, at + CHUNK_BYTES);
}

/** Everything before the graph. */
function modelHead(config: ModelConfig): Uint8Array {
  return encodeMessage("Model", {
    irVersion: IR_VERSION,
    opsetImport: [{ domain: "", version: OPSET }],
    producerName: "cllm",
    producerVersion: project.version,
    metadataProps: [{ key: "config", value: JSON.stringify(config) }],
  });
}

/** A tensor without its data, `bytes` long, which must follow. */
interface TensorHead {
  readonly head: Uint8Array;
  readonly bytes: number;
}

/** The tensors that a parameter becomes: itself, or its bytes and their scales. */
function describeWeight(parameter: Parameter, precision: Precision): TensorHead[] {
  const { name, shape, size } = parameter;
  const { FLOAT, INT8 } = DataType;
  if (!isQuantized(parameter, precision)) {
    return [tensorHead({ name, shape, dataType: FLOAT, bytes: size * 4 })];
  }
  const rows = shape[0] ?? 0;
  return [
    tensorHead({ name, shape, dataType: INT8, bytes: size }),
    tensorHead({ name: scaleName(name), shape: [rows], dataType: FLOAT, bytes: rows * 4 }),
  ];
}

function tensorHead({ name, shape, dataType, bytes }: {
  name: string;
  shape: readonly number[];
  dataType: number;
  bytes: number;
}): TensorHead {
  const description = encodeMessage("Tensor", { name, dims: shape, dataType });
  const rawPrefix = prefix(TENSOR_RAW_DATA, bytes);
  const length = description.length + rawPrefix.length + bytes;
  return {
    head: Uint8Array.from([...prefix(GRAPH_INITIALIZER, length), ...description, ...rawPrefix]),
    bytes,
  };
}

/** Tag and length of a length-delimited protocol buffer field. */
function prefix(field: number, length: number): Uint8Array {
  return Uint8Array.from([...varint(field << 3 | 2), ...varint(length)]);
}

function* varint(value: number): Generator<number> {
  for (; value > 127; value >>>= 7) yield value & 127 | 128;
  yield value;
}

/**
 * Serialises the model as an ONNX file, weights last and in small pieces, so that exporting needs
 * no memory beyond the weights themselves.
 *
 * @module
 */
import { onnx } from "./proto.ts";
import project from "../../deno.json" with { type: "json" };
import type { ModelConfig } from "../config.ts";
import { validateConfig } from "../config_json.ts";
import type { Layout, Parameter } from "../layout.ts";
import { buildLlama } from "./llama.ts";
import { OPSET } from "./operators.ts";

/** A model to export. */
export interface OnnxSource {
  readonly config: ModelConfig;
  readonly layout: Layout;
  /** The parameter area, `[layout.length]`; may be a view on shared memory. */
  readonly parameters: Float32Array;
}

/** Largest piece given out at once. */
const CHUNK_BYTES = 1 << 20;
/** Protocol buffers cannot be longer. */
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
export function* encodeOnnx({ config, layout, parameters }: OnnxSource): Generator<Uint8Array> {
  validateConfig(config, { source: "the model to export" });
  if (parameters.length !== layout.length) {
    throw new TypeError(
      `Cannot export to ONNX: the model has ${layout.length} parameters, got ${parameters.length}`,
    );
  }
  const graph = buildLlama(config).encode();
  const weights = layout.parameters.map((parameter) => ({ parameter, ...tensorHead(parameter) }));
  const graphBytes = weights.reduce(
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
  for (const { parameter: { offset, size }, head, bytes } of weights) {
    yield head;
    const data = new Uint8Array(parameters.buffer, parameters.byteOffset + offset * 4, size * 4);
    for (let at = 0; at < bytes; at += CHUNK_BYTES) yield data.slice(at, at + CHUNK_BYTES);
  }
}

/** Everything of the file that stands before the graph. */
function modelHead(config: ModelConfig): Uint8Array {
  return onnx.ModelProto.encode({
    irVersion: onnx.Version.IR_VERSION,
    opsetImport: [{ domain: "", version: OPSET }],
    producerName: "cllm",
    producerVersion: project.version,
    metadataProps: [{ key: "config", value: JSON.stringify(config) }],
  }).finish();
}

/** All of one weight but its `size * 4` raw bytes, which must follow. */
function tensorHead({ name, shape, size }: Parameter): { head: Uint8Array; bytes: number } {
  const description = onnx.TensorProto.encode({
    name,
    dims: [...shape],
    dataType: onnx.TensorProto.DataType.FLOAT,
  }).finish();
  const bytes = size * 4;
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

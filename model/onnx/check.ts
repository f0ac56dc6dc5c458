/**
 * Checks an untrusted ONNX file before a runtime loads it: it might open other files, or exhaust
 * memory. Fields: onnx.proto3 of onnx/onnx.
 *
 * @module
 */
import { type Field, FieldReader } from "./fields.ts";

const MODEL = { graph: 7, functions: 25 } as const;
const GRAPH = { node: 1, initializer: 5, sparse: 15 } as const;
const NODE = { input: 1, output: 2, opType: 4, attribute: 5 } as const;
const ATTRIBUTE = {
  tensor: 5,
  graph: 6,
  tensors: 10,
  graphs: 11,
  sparse: 22,
  sparses: 23,
} as const;
const TENSOR = { dims: 1, dataType: 2, int64: 7, name: 8, raw: 9, external: 13, location: 14 };

/** Bytes an element takes in `raw_data`, by TensorProto.DataType; halves for 4-bit ones. */
const ELEMENT_BYTES: Readonly<Record<number, number>> = {
  1: 4,
  2: 1,
  3: 1,
  4: 2,
  5: 2,
  6: 4,
  7: 8,
  9: 1,
  10: 2,
  11: 8,
  12: 4,
  13: 8,
  14: 8,
  15: 16,
  16: 2,
  17: 1,
  18: 1,
  19: 1,
  20: 1,
  21: 0.5,
  22: 0.5,
  23: 0.5,
};

/** Operators whose output size comes from an input, and the index of that input. */
const SIZED_BY: ReadonlyMap<string, number> = new Map([
  ["ConstantOfShape", 0],
  ["Expand", 1],
  ["Tile", 1],
]);
/** Most elements that one of these may create from a constant. */
const MAX_MADE = 2 ** 26;
/** Most elements of a constant that could be a shape. */
const MAX_RANK = 64;
/** Deepest nesting of graphs. */
const MAX_DEPTH = 4;

/**
 * Checks that an ONNX file is self-contained: no tensor in another file, every tensor with exactly the
 * data of its shape, no operator that creates more than 2^26 elements.
 *
 * @throws {SyntaxError} naming the fault, before anything is allocated for the file's claims
 * @example
 * ```ts
 * import { presetConfig } from "../config.ts";
 * import { createLayout } from "../layout.ts";
 * import { checkOnnx, exportOnnx } from "./mod.ts";
 * const config = presetConfig("tiny", { vocabSize: 16, endOfTextId: 0 });
 * const layout = createLayout(config);
 * const file = exportOnnx({ config, layout, parameters: new Float32Array(layout.length) });
 * checkOnnx(file, { source: "model.onnx" });
 * ```
 */
export function checkOnnx(bytes: Uint8Array, { source }: { source: string }): void {
  try {
    const reader = new FieldReader(bytes);
    let graphs = 0;
    for (const field of reader.fields(0, bytes.length)) {
      if (field.number === MODEL.functions) throw new SyntaxError("it has functions of its own");
      if (field.number !== MODEL.graph) continue;
      if (++graphs > 1) throw new SyntaxError("it has two graphs");
      checkGraph(reader, field, 1);
    }
    if (graphs === 0) throw new SyntaxError("it has no graph");
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new SyntaxError(`Cannot load ${source}: ${cause.message}`, { cause });
  }
}

function checkGraph(reader: FieldReader, graph: Field, depth: number): void {
  if (depth > MAX_DEPTH) throw new SyntaxError(`graphs lie inside one another past ${MAX_DEPTH}`);
  /** Elements that constants describe as a shape, by name. */
  const made = new Map<string, number>();
  const sized: { node: string; input: string }[] = [];
  for (const field of reader.fields(graph.begin, graph.end)) {
    if (field.number === GRAPH.sparse) throw new SyntaxError("it has sparse tensors");
    if (field.number === GRAPH.initializer) {
      const { name, product } = checkTensor(reader, field);
      if (made.has(name)) throw new SyntaxError(`it has the tensor ${quote(name)} twice`);
      made.set(name, product);
    }
    if (field.number !== GRAPH.node) continue;
    const { opType, inputs, output, product } = checkNode(reader, field, depth);
    if (product !== undefined && output) made.set(reader.text(output), product);
    const input = inputs[SIZED_BY.get(opType) ?? -1];
    if (input) sized.push({ node: opType, input: reader.text(input) });
  }
  for (const { node, input } of sized) {
    const elements = made.get(input) ?? 0;
    if (elements > MAX_MADE) throw new SyntaxError(`${node} would make ${elements} elements`);
  }
}

function checkNode(reader: FieldReader, node: Field, depth: number) {
  // Names are decoded only where needed.
  let opType = "";
  let output: Field | undefined;
  let product: number | undefined;
  const inputs: Field[] = [];
  for (const field of reader.fields(node.begin, node.end)) {
    if (field.number === NODE.opType) opType = reader.text(field);
    if (field.number === NODE.input) inputs.push(field);
    if (field.number === NODE.output) output ??= field;
    if (field.number !== NODE.attribute) continue;
    for (const part of reader.fields(field.begin, field.end)) {
      switch (part.number) {
        case ATTRIBUTE.tensor:
        case ATTRIBUTE.tensors:
          if (part.end > part.begin) product = checkTensor(reader, part).product;
          break;
        case ATTRIBUTE.graph:
        case ATTRIBUTE.graphs:
          if (part.end > part.begin) checkGraph(reader, part, depth + 1);
          break;
        case ATTRIBUTE.sparse:
        case ATTRIBUTE.sparses:
          throw new SyntaxError("it has sparse tensors");
      }
    }
  }
  return { opType, inputs, output, product };
}

/** Checks one tensor; `product` is that of its integers, where they could be a shape. */
function checkTensor(reader: FieldReader, tensor: Field): { name: string; product: number } {
  let name = "", dataType = 0, raw: Field | undefined, isExternal = false;
  const dims: number[] = [], integers: number[] = [];
  for (const field of reader.fields(tensor.begin, tensor.end)) {
    const isPacked = field.end > field.begin;
    if (field.number === TENSOR.dims) {
      for (const dim of isPacked ? reader.varints(field) : [field.value]) {
        dims.push(dim);
        if (dims.length > MAX_RANK) {
          throw new SyntaxError(`a tensor has more than ${MAX_RANK} dims`);
        }
      }
    } else if (field.number === TENSOR.int64) {
      for (const value of isPacked ? reader.varints(field) : [field.value]) {
        if (integers.length <= MAX_RANK) integers.push(value);
      }
    } else if (field.number === TENSOR.name) name = reader.text(field);
    else if (field.number === TENSOR.dataType) dataType = field.value;
    else if (field.number === TENSOR.raw) raw = field;
    else if (
      field.number === TENSOR.external || (field.number === TENSOR.location && field.value)
    ) {
      isExternal = true;
    }
  }
  const fail = (reason: string): never => {
    throw new SyntaxError(`tensor ${quote(name)} ${reason}`);
  };
  if (isExternal) fail("lies in another file; put all weights into this one");
  if (dims.some((dim) => dim < 0)) fail(`has the shape [${dims}]`);
  const elements = dims.reduce((product, dim) => product * dim, 1);
  if (raw) {
    const elementBytes = ELEMENT_BYTES[dataType] ?? fail(`has the unknown type ${dataType}`);
    const needed = elements * elementBytes;
    if (Math.ceil(needed) !== raw.end - raw.begin) {
      fail(`of shape [${dims}] needs ${needed} bytes but has ${raw.end - raw.begin}`);
    }
    // 7 is INT64, the type of shapes.
    if (dataType === 7 && elements <= MAX_RANK) integers.push(...reader.words(raw));
  } else if (elements > tensor.end - tensor.begin) {
    // Values in fields of their own take a byte or more each.
    fail(`of shape [${dims}] has ${tensor.end - tensor.begin} bytes in all`);
  }
  const product = integers.reduce((all, value) => all * Math.max(1, value), 1);
  return { name, product: integers.length <= MAX_RANK ? product : 0 };
}

function quote(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}...` : name);
}

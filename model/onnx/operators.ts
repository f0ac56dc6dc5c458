/**
 * The ONNX operators that a Llama-style decoder needs, as functions over graph values. Only the
 * standard operator set, so that any runtime can read the file.
 *
 * @module
 */
import { DataType } from "./proto.ts";
import type { Attributes, OnnxGraph, Value } from "./graph.ts";

/** Version of the default operator set; the highest one whose reduction axes are attributes. */
export const OPSET = 17;

/** Operators that add themselves to one graph. */
export type Operators = ReturnType<typeof createOperators>;

/** The operators of `graph`; `scope` names the part of the model they build, e.g. a layer. */
export function createOperators(graph: OnnxGraph, { scope = "" }: { scope?: string } = {}) {
  const many = (
    type: string,
    inputs: Value[],
    rest: { attributes?: Attributes; outputs: number },
  ) => graph.node(type, { inputs, scope, ...rest });
  const one = (type: string, inputs: Value[], attributes: Attributes = {}): Value => {
    const [value] = many(type, inputs, { attributes, outputs: 1 });
    if (!value) throw new RangeError(`Cannot build ${type}: it has no result`);
    return value;
  };
  const integers = (...values: number[]) => graph.constant("int64", { values });
  const integer = (value: number) => graph.constant("int64", { values: [value], shape: [] });
  const float = (value: number) => graph.constant("float32", { values: [value], shape: [] });

  return {
    float,
    integer,
    floats: (...values: number[]) => graph.constant("float32", { values }),
    weight: (name: string) => graph.weight(name),

    add: (a: Value, b: Value) => one("Add", [a, b]),
    subtract: (a: Value, b: Value) => one("Sub", [a, b]),
    multiply: (a: Value, b: Value) => one("Mul", [a, b]),
    divide: (a: Value, b: Value) => one("Div", [a, b]),
    power: (x: Value, exponent: number) => one("Pow", [x, float(exponent)]),
    squareRoot: (x: Value) => one("Sqrt", [x]),
    cosine: (x: Value) => one("Cos", [x]),
    sine: (x: Value) => one("Sin", [x]),
    sigmoid: (x: Value) => one("Sigmoid", [x]),
    softmax: (x: Value) => one("Softmax", [x], { axis: -1 }),
    /** Mean over the last axis, which stays with size 1. */
    mean: (x: Value) => one("ReduceMean", [x], { axes: [-1], keepdims: 1 }),
    matmul: (a: Value, b: Value) => one("MatMul", [a, b]),
    /** Bytes 0 to 255 for all of `x`, and the scale and zero point that give it back. */
    quantize(x: Value): { bytes: Value; scale: Value; zeroPoint: Value } {
      const [bytes, scale, zeroPoint] = many("DynamicQuantizeLinear", [x], { outputs: 3 });
      if (!bytes || !scale || !zeroPoint) {
        throw new RangeError("Cannot build DynamicQuantizeLinear");
      }
      return { bytes, scale, zeroPoint };
    },
    /** Products of bytes, less the zero point of `a`, added up in int32. */
    matmulInteger: (a: Value, b: Value, zeroPoint: Value) =>
      one("MatMulInteger", [a, b, zeroPoint]),

    lessOrEqual: (a: Value, b: Value) => one("LessOrEqual", [a, b]),
    and: (a: Value, b: Value) => one("And", [a, b]),
    /** `condition ? a : b`, element by element. */
    where: (condition: Value, [a, b]: [Value, Value]) => one("Where", [condition, a, b]),
    toFloat: (x: Value) => one("Cast", [x], { to: DataType.FLOAT }),
    toBool: (x: Value) => one("Cast", [x], { to: DataType.BOOL }),

    /** Rows of `table` named by `indices`. */
    gather: (table: Value, indices: Value) => one("Gather", [table, indices], { axis: 0 }),
    /** Size of one axis, as an int64 scalar. */
    size: (x: Value, axis: number) =>
      one("Gather", [one("Shape", [x]), integer(axis)], { axis: 0 }),
    /** The integers from `start` up to but excluding `end`; both are int64 scalars. */
    range: (start: Value, end: Value) => one("Range", [start, end, integer(1)]),
    /** In `shape`, 0 keeps the size of that axis and -1 takes what is left. */
    reshape: (x: Value, shape: number[]) => one("Reshape", [x, integers(...shape)]),
    unsqueeze: (x: Value, axes: number[]) => one("Unsqueeze", [x, integers(...axes)]),
    transpose: (x: Value, perm: number[]) => one("Transpose", [x], { perm }),
    concat: (parts: Value[], axis: number) => one("Concat", parts, { axis }),
    /** Two equal halves of the last axis. */
    halves(x: Value): [Value, Value] {
      const [first, second] = many("Split", [x], { attributes: { axis: -1 }, outputs: 2 });
      if (!first || !second) throw new RangeError("Cannot build Split: it has no two results");
      return [first, second];
    },
  };
}

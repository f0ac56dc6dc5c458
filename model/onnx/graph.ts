/**
 * Collects nodes, constants, inputs and outputs into an ONNX `GraphProto`. It knows the file format
 * and nothing about any operator or model.
 *
 * @module
 */
import { AttributeType, DataType, encodeMessage } from "./proto.ts";

/** A tensor of the graph, known by its name. */
export interface Value {
  readonly name: string;
}

/** A fixed size, or the name of one known only at run time. */
export type Dimension = number | string;

/** Element types the exported model uses. */
export type ElementType = "float32" | "int64";

/** Type and shape of a graph input or output. */
export interface TensorType {
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
}

/** Attribute values by name: integers, or lists of integers. */
export type Attributes = Readonly<Record<string, number | readonly number[]>>;

/** A computation to add. */
export interface NodeSpec {
  readonly inputs: readonly Value[];
  readonly attributes?: Attributes;
  /** Number of results; 1 by default. */
  readonly outputs?: number;
  /** Its place in the model, for viewers of the file. */
  readonly scope?: string;
}

const DATA_TYPES = {
  float32: DataType.FLOAT,
  int64: DataType.INT64,
} as const;

/** A graph being built. Values are created in the order in which they are computed. */
export class OnnxGraph {
  readonly #node: object[] = [];
  readonly #initializer: object[] = [];
  readonly #input: object[] = [];
  readonly #output: object[] = [];
  #names = new Set<string>();
  #counts = new Map<string, number>();

  /** Declares an input. */
  input(name: string, type: TensorType): Value {
    this.#input.push(valueInfo(this.#claim(name), type));
    return { name };
  }

  /** Publishes `value` as the output `name`. */
  output(value: Value, { name, ...type }: TensorType & { name: string }): void {
    this.node("Identity", { inputs: [value], names: [name] });
    this.#output.push(valueInfo(name, type));
  }

  /** Refers to a weight that {@linkcode encodeOnnx} writes after the graph. */
  weight(name: string): Value {
    return { name };
  }

  /** A constant tensor; equal ones are stored once. */
  constant(type: ElementType, { values, shape }: {
    values: readonly number[];
    /** Empty for a scalar; one dimension by default. */
    shape?: readonly number[];
  }): Value {
    const dims = shape ?? [values.length];
    const name = `${type}[${dims}](${values.length > 8 ? this.#names.size : values})`;
    if (!this.#names.has(name)) {
      this.#names.add(name);
      this.#initializer.push({
        name,
        dims,
        dataType: DATA_TYPES[type],
        [type === "float32" ? "floatData" : "int64Data"]: values,
      });
    }
    return { name };
  }

  /** Adds a computation and returns its results. */
  node(type: string, spec: NodeSpec & { names?: readonly string[] }): Value[] {
    const { inputs, attributes = {}, outputs = 1, scope = "" } = spec;
    const prefix = scope ? `${scope}/${type}` : type;
    const count = this.#counts.get(prefix) ?? 0;
    this.#counts.set(prefix, count + 1);
    const name = this.#claim(`/${prefix}_${count}`);
    const results = spec.names?.map((name) => this.#claim(name)) ??
      Array.from({ length: outputs }, (_, i) => this.#claim(`${name}/output_${i}`));
    this.#node.push({
      name,
      opType: type,
      input: inputs.map((value) => value.name),
      output: results,
      attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    });
    return results.map((name) => ({ name }));
  }

  /** The serialised `GraphProto`, weights excluded. */
  encode(): Uint8Array {
    return encodeMessage("Graph", {
      name: "cllm",
      node: this.#node,
      initializer: this.#initializer,
      input: this.#input,
      output: this.#output,
    });
  }

  #claim(name: string): string {
    if (this.#names.has(name)) {
      throw new RangeError(`Cannot add ${name} to the graph: the name is taken`);
    }
    this.#names.add(name);
    return name;
  }
}

function attribute(name: string, value: number | readonly number[]): object {
  const { INT, INTS } = AttributeType;
  return typeof value === "number"
    ? { name, type: INT, i: value }
    : { name, type: INTS, ints: value };
}

function valueInfo(name: string, { type, shape }: TensorType): object {
  const dim = shape.map((size) =>
    typeof size === "number" ? { dimValue: size } : { dimParam: size }
  );
  return { name, type: { tensorType: { elemType: DATA_TYPES[type], shape: { dim } } } };
}

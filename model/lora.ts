/**
 * Low-rank adapters (Hu et al., "LoRA", arXiv:2106.09685): beside a frozen matrix W `[out, in]` stand A
 * `[r, in]` and B `[out, r]`, and the layer multiplies by W + scale · B · A.
 *
 * @module
 */
import type { Layout, Parameter } from "./layout.ts";
import { randomStream } from "./random.ts";

/** The matrices of a decoder layer that can have an adapter. */
export const LORA_TARGETS = [
  ...["q_proj", "k_proj", "v_proj", "o_proj"],
  ...["gate_proj", "up_proj", "down_proj"],
] as const;

/** What an adapter is. */
export interface LoraConfig {
  /** r */
  readonly rank: number;
  /** The scale is this over the rank. */
  readonly alpha: number;
  /** Of {@linkcode LORA_TARGETS}. */
  readonly targets: readonly string[];
}

/** The factor of B · A. */
export function loraScale({ alpha, rank }: LoraConfig): number {
  return alpha / rank;
}

/** A matrix with its adapter's two. */
export interface AdaptedMatrix {
  /** `[out, in]`, frozen */
  readonly base: Parameter;
  /** `[r, in]` */
  readonly a: Parameter;
  /** `[out, r]` */
  readonly b: Parameter;
}

/** The parameters of an adapter, by the names that PEFT gives them. */
export interface AdapterLayout extends Layout {
  /** In the order of the base's layout. */
  readonly matrices: readonly AdaptedMatrix[];
}

/** Floats in a cache line: tensors start on one. */
const ALIGN = 16;

/** Lays out the adapter of `lora` for a model of `base`. */
export function createAdapterLayout(base: Layout, lora: LoraConfig): AdapterLayout {
  const parameters: Parameter[] = [];
  let end = 0;
  const add = (of: Parameter, part: string, shape: readonly [number, number]): Parameter => {
    const name = `base_model.model.${of.name.replace(/weight$/, part)}.weight`;
    const parameter = { ...of, name, shape, offset: end, size: shape[0] * shape[1] };
    end = Math.ceil((end + parameter.size) / ALIGN) * ALIGN;
    parameters.push(parameter);
    return parameter;
  };
  const matrices = base.parameters.flatMap((of): AdaptedMatrix[] => {
    const [out, inputs] = of.shape;
    const role = of.name.split(".").at(-2) ?? "";
    if (of.layer < 0 || out === undefined || inputs === undefined) return [];
    if (!lora.targets.includes(role)) return [];
    const a = add(of, "lora_A", [lora.rank, inputs]);
    return [{ base: of, a, b: add(of, "lora_B", [out, lora.rank]) }];
  });
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  return {
    matrices,
    parameters,
    length: end,
    count: parameters.reduce((sum, { size }) => sum + size, 0),
    get(name) {
      const parameter = byName.get(name);
      if (!parameter) throw new RangeError(`Cannot find parameter ${name}: the adapter has none`);
      return parameter;
    },
  };
}

/** Fills an adapter as PEFT does: A uniform within 1/√in, and B zero, so that it changes nothing. */
export function initAdapter(
  parameters: Float32Array,
  { layout, seed }: { layout: AdapterLayout; seed: number },
): void {
  for (const { a } of layout.matrices) {
    const random = randomStream(seed, { name: a.name });
    const bound = 1 / Math.sqrt(a.shape[1] as number);
    for (let i = 0; i < a.size; i++) {
      parameters[a.offset + i] = bound * (2 * random.uniform(i) - 1);
    }
  }
}

/** Adds an adapter to the weights that it stands beside, in place. */
export function mergeAdapter(
  weights: Float32Array,
  { adapter, layout, lora }: { adapter: Float32Array; layout: AdapterLayout; lora: LoraConfig },
): void {
  const scale = loraScale(lora);
  for (const { base, a, b } of layout.matrices) {
    const [out, inputs] = base.shape as [number, number];
    const delta = new Float64Array(inputs);
    for (let row = 0; row < out; row++) {
      delta.fill(0);
      for (let k = 0; k < lora.rank; k++) {
        const factor = scale * (adapter[b.offset + row * lora.rank + k] as number);
        const from = a.offset + k * inputs;
        for (let i = 0; i < inputs; i++) {
          delta[i] = (delta[i] as number) + factor * (adapter[from + i] as number);
        }
      }
      const at = base.offset + row * inputs;
      for (let i = 0; i < inputs; i++) {
        weights[at + i] = (weights[at + i] as number) + (delta[i] as number);
      }
    }
  }
}

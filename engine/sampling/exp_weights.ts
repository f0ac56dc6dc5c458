/**
 * Weights that tokens are drawn by, of a whole vocabulary at each token: by JavaScript, or
 * quicker by the kernel.
 *
 * @module
 */
import { instantiateKernels } from "../../kernels/mod.ts";
import { expNegative } from "./exponential.ts";

/** Weights `e^((logit - highest) / temperature)`. */
export interface TokenWeights {
  /** `[V]`; may be written over by the next call. */
  readonly weights: Float64Array;
  /** Their sum. */
  readonly total: number;
}

/**
 * Weighs logits `[V]`; `temperature` above 0.
 *
 * @throws {RangeError} when the highest is not finite, or a logit is not a number
 */
export type ExpWeights = (logits: Float32Array, temperature: number) => TokenWeights;

/** Weighs to f64's precision, each time in memory of its own. */
export const expWeightsPlain: ExpWeights = (logits, temperature) => {
  const highest = greatest(logits);
  const inverse = inverseOf(temperature, Number.MAX_VALUE);
  const weights = new Float64Array(logits.length);
  let total = 0;
  for (let id = 0; id < logits.length; id++) {
    const weight = expNegative((highest - (logits[id] as number)) * inverse);
    weights[id] = weight;
    total += weight;
  }
  return { weights, total };
};

/**
 * What weighs up to `size` logits by the kernel, to f32's precision, always in the same memory.
 *
 * @param module from `compileKernels`
 */
export function createExpWeights(module: WebAssembly.Module, size: number): ExpWeights {
  // The first page is the kernels' own.
  const at = 65536, weightsAt = at + 8 * Math.ceil(size / 2);
  const pages = Math.ceil((weightsAt + 8 * size) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const kernels = instantiateKernels(module, memory);
  const copy = new Float32Array(memory.buffer, at, size);
  return (logits, temperature) => {
    copy.set(logits);
    const inverse = inverseOf(temperature, MAX_F32);
    const total = kernels.softmax_weights(weightsAt, at, logits.length, inverse);
    if (Number.isNaN(total)) throw notFinite();
    return { weights: new Float64Array(memory.buffer, weightsAt, logits.length), total };
  };
}

const MAX_F32 = 3.4028234663852886e38;

/** Never infinite, which times zero were no number. */
function inverseOf(temperature: number, most: number): number {
  return Math.min(1 / temperature, most);
}

/**
 * The highest logit. Four at a time, since each comparison waits for the one before.
 *
 * @throws {RangeError} when it is not finite, or a logit is not a number
 */
export function greatest(logits: Float32Array): number {
  let a = -Infinity, b = a, c = a, d = a;
  const whole = logits.length - logits.length % 4;
  for (let id = 0; id < whole; id += 4) {
    a = Math.max(a, logits[id] as number);
    b = Math.max(b, logits[id + 1] as number);
    c = Math.max(c, logits[id + 2] as number);
    d = Math.max(d, logits[id + 3] as number);
  }
  for (let id = whole; id < logits.length; id++) a = Math.max(a, logits[id] as number);
  const highest = Math.max(a, b, c, d);
  if (!Number.isFinite(highest)) throw notFinite();
  return highest;
}

/** What is thrown for logits that no token can be chosen by. */
export function notFinite(): RangeError {
  return new RangeError("Cannot sample: the model's logits are not finite numbers");
}

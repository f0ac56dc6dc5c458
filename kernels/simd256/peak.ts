/**
 * The ceiling of 256-bit products: multiply-adds on registers alone.
 *
 * @module
 */
import { Body, encodeModule } from "./encode.ts";

/** Independent sums, and steps per iteration. */
const SUMS = 12;
const STEPS = 8;
const BASE = 65536;
/** Floating-point operations in one iteration. */
export const FMA_PEAK256_FLOPS = SUMS * STEPS * 8 * 2;

/**
 * `(iterations)`: a register-only loop of {@linkcode FMA_PEAK256_FLOPS} operations per iteration, of
 * 128-bit pairs that V8 joins where {@linkcode hasSimd256}.
 */
export function instantiatePeak256(): (iterations: number) => void {
  const vectors = 2 * SUMS;
  const [sum, x, y] = [(i: number) => 1 + i, 1 + vectors, 3 + vectors] as const;
  const body = new Body(vectors + 4);
  for (let i = 0; i < vectors + 4; i++) body.constant(BASE).load(i * 16).set(1 + i);
  body.loop();
  for (let step = 0; step < STEPS; step++) {
    for (let i = 0; i < vectors; i++) {
      body.get(x + i % 2).get(y + i % 2).get(sum(i)).multiplyAdd("f32").set(sum(i));
    }
  }
  body.countDown(0).end();
  // V8 searches for pairs from stores.
  for (let i = 0; i < vectors; i++) body.constant(BASE).get(sum(i)).store(i * 16);
  const bytes = encodeModule(BASE + 65536, [{ name: "fma_peak256", parameters: 1, body }]);
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  return exports.fma_peak256 as (iterations: number) => void;
}

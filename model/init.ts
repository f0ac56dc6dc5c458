/**
 * Seeded initial weights: N(0, initializer_range) for matrices, ones for norms, zeros for biases;
 * the projections that write to the residual stream are scaled by 1/sqrt(2 L), as in GPT-2 (Radford
 * et al., 2019), or zero.
 *
 * @module
 */
import type { ModelConfig } from "./config.ts";
import type { Layout } from "./layout.ts";
import { randomStream } from "./random.ts";

/** Weights drawn between two yields of {@linkcode initSteps}: some tens of milliseconds. */
const PER_STEP = 1 << 18;

/** What the weights are made for, and from. */
export interface InitOptions {
  /** The model's shape, and how much its weights vary. */
  readonly config: ModelConfig;
  /** Where each tensor lies. */
  readonly layout: Layout;
  /** Of the generator that draws them. */
  readonly seed: number;
  /** Whether the projections that write to the residual stream are zero. Default false. */
  readonly zeroResidual?: boolean;
}

/**
 * Fills `parameters`, `[layout.length]`. A weight depends only on the seed, its tensor's name and
 * its index, so that models of different depth share their common tensors.
 *
 * @example
 * ```ts
 * import { assertEquals, assertNotEquals } from "@std/assert";
 * import { presetConfig } from "./config.ts";
 * import { initParameters } from "./init.ts";
 * import { createLayout } from "./layout.ts";
 * const config = presetConfig("tiny", { vocabSize: 512, endOfTextId: 0 });
 * const layout = createLayout(config);
 * const parameters = new Float32Array(layout.length);
 * initParameters(parameters, { config, layout, seed: 0 });
 * assertEquals(parameters[layout.get("model.norm.weight").offset], 1);
 * assertNotEquals(parameters[layout.get("lm_head.weight").offset], 0);
 * ```
 */
export function initParameters(parameters: Float32Array, options: InitOptions): void {
  for (const _ of initSteps(parameters, options));
}

/** {@linkcode initParameters} in steps: large models take seconds, in which others go on. */
export function* initSteps(
  parameters: Float32Array,
  { config, layout, seed, zeroResidual = false }: InitOptions,
): Generator<void, void> {
  const residualScale = zeroResidual ? 0 : 1 / Math.sqrt(2 * config.num_hidden_layers);
  for (const { name, shape, offset, size } of layout.parameters) {
    if (shape.length === 1) {
      parameters.fill(name.endsWith(".bias") ? 0 : 1, offset, offset + size);
      continue;
    }
    const writesResidual = name.endsWith("o_proj.weight") || name.endsWith("down_proj.weight");
    const deviation = config.initializer_range * (writesResidual ? residualScale : 1);
    const random = randomStream(seed, { name: `init/${name}` });
    for (let begin = 0; begin < size; begin += PER_STEP) {
      const end = Math.min(size, begin + PER_STEP);
      for (let i = begin; i < end; i++) parameters[offset + i] = random.normal(i) * deviation;
      yield;
    }
  }
}

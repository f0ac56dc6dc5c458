/**
 * Chooses the next token. The steps run in a fixed order, each a pure function that is tested alone:
 *
 * 1. logit bias
 * 2. repetition penalty, over prompt and answer
 * 3. presence and frequency penalty, over the answer
 * 4. what a grammar allows
 * 5. top-k
 * 6. temperature; at 0 the likeliest token is taken and nothing else happens
 * 7. typical
 * 8. top-p
 * 9. min-p
 * 10. the draw, by the seed and the token's index alone
 *
 * @module
 */
import { randomStream } from "../../model/random.ts";
import { argmax, draw, keepMinP, keepTopP, keepTypical, softmax, topKIds } from "./distribution.ts";
import {
  addBias,
  allowOnly,
  type LogitBias,
  penaliseOccurrence,
  penaliseRepetition,
} from "./penalties.ts";
import type { SamplingSettings } from "../../model/checkpoint/mod.ts";
import { type ExpWeights, expWeightsPlain } from "./exp_weights.ts";

/** How tokens are chosen: what is left out of the settings rules nothing out. */
export interface SamplingOptions extends SamplingSettings {
  /** Taken off the logit of every token of the answer. */
  readonly presencePenalty?: number;
  /** Taken off the logit of every token of the answer, each time it occurs. */
  readonly frequencyPenalty?: number;
  /** Added to logits, by token. */
  readonly logitBias?: LogitBias;
  /** Same seed, prompt and weights: same text. Non-negative safe integer. */
  readonly seed: number;
  /** Answers of one seed that differ: each draws from numbers of its own. */
  readonly choice?: number;
}

/** What came before the token to choose. */
export interface Past {
  readonly promptIds: ArrayLike<number>;
  /** The answer so far. Its length, not the number of calls, selects the random number. */
  readonly chosenIds: readonly number[];
  /** Zero for each token `[V]` that must not come. */
  readonly allowed?: Uint8Array | undefined;
}

/** Chooses a token from logits `[V]`, which it leaves as they are. */
export type Sampler = (logits: Float32Array, past: Past) => number;

/**
 * The sampler that `options` describe.
 *
 * @throws {RangeError} naming the option that is out of range
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createSampler } from "./sampler.ts";
 * const sample = createSampler({ temperature: 0, seed: 1 });
 * const past = { promptIds: [2], chosenIds: [] };
 * assertEquals(sample(Float32Array.of(0.1, 3, -2), past), 1);
 * ```
 */
export function createSampler(
  options: SamplingOptions,
  { expWeights = expWeightsPlain }: { expWeights?: ExpWeights } = {},
): Sampler {
  const { temperature = 1, topK, topP = 1, minP = 0, typicalP = 1, seed, choice = 0 } = options;
  checkOptions(options);
  const random = randomStream(seed, { name: "sample", epoch: choice });
  return (logits, past) => {
    const changed = changeLogits(logits, options, past);
    if (temperature === 0) return argmax(changed);
    const whole = topK === undefined || topK >= changed.length;
    let distribution = softmax(changed, temperature, {
      expWeights,
      ...(whole ? {} : { ids: topKIds(changed, topK) }),
    });
    if (typicalP < 1) distribution = keepTypical(distribution, typicalP);
    if (topP < 1) distribution = keepTopP(distribution, topP);
    if (minP > 0) distribution = keepMinP(distribution, minP);
    return draw(distribution, random.uniform(past.chosenIds.length));
  };
}

/** Steps 1 to 4. */
function changeLogits(
  logits: Float32Array,
  options: SamplingOptions,
  { promptIds, chosenIds, allowed }: Past,
): Float32Array {
  const { logitBias, repetitionPenalty = 1, presencePenalty = 0, frequencyPenalty = 0 } = options;
  let changed = logits;
  if (logitBias && logitBias.size > 0) changed = addBias(changed, logitBias);
  if (repetitionPenalty !== 1) {
    const ids = [...Array.from(promptIds), ...chosenIds];
    changed = penaliseRepetition(changed, { ids, penalty: repetitionPenalty });
  }
  if (presencePenalty !== 0 || frequencyPenalty !== 0) {
    const penalties = { presence: presencePenalty, frequency: frequencyPenalty };
    changed = penaliseOccurrence(changed, { ids: chosenIds, ...penalties });
  }
  return allowed ? allowOnly(changed, allowed) : changed;
}

function checkOptions(options: SamplingOptions): void {
  const {
    temperature = 1,
    topK = 1,
    topP = 1,
    minP = 0,
    typicalP = 1,
    repetitionPenalty = 1,
    presencePenalty = 0,
    frequencyPenalty = 0,
  } = options;
  const rules: [name: string, value: number, holds: boolean, rule: string][] = [
    ["temperature", temperature, temperature >= 0 && temperature < Infinity, ">= 0"],
    ["top_k", topK, Number.isInteger(topK) && topK >= 1, "an integer >= 1"],
    ["top_p", topP, topP >= 0 && topP <= 1, "from 0 to 1"],
    ["min_p", minP, minP >= 0 && minP <= 1, "from 0 to 1"],
    ["typical_p", typicalP, typicalP >= 0 && typicalP <= 1, "from 0 to 1"],
    [
      "repetition_penalty",
      repetitionPenalty,
      repetitionPenalty > 0 && repetitionPenalty < Infinity,
      "> 0",
    ],
    ["presence_penalty", presencePenalty, Number.isFinite(presencePenalty), "a number"],
    ["frequency_penalty", frequencyPenalty, Number.isFinite(frequencyPenalty), "a number"],
  ];
  for (const [name, value, holds, rule] of rules) {
    if (!holds) throw new RangeError(`Cannot sample: ${name} must be ${rule}, got ${value}`);
  }
}

/**
 * Which preset a run takes that is planned by its time or its tokens.
 *
 * @module
 */
import { type ModelConfig, presetConfig, type PresetName, PRESETS } from "../../model/config.ts";
import { trainingFlopsPerToken } from "../../model/flops.ts";
import { defaultRecipe } from "../../model/recipes.ts";
import { presetParameters } from "../../model/preset_size.ts";

/** Tokens that a weight should see: between too large a model, and too small a one. */
export const TOKENS_PER_WEIGHT = 10;

/** A preset and how fast it was seen to train. */
export interface Candidate {
  readonly preset: PresetName;
  readonly tokensPerSecond: number;
}

/** What a run is to be: its other settings follow from the preset. */
export interface Choice {
  readonly preset: PresetName;
  readonly steps: number;
  /** Of all steps. */
  readonly tokens: number;
}

/** The presets, from the smallest on. */
export const BY_SIZE = (Object.keys(PRESETS) as PresetName[])
  .sort((a, b) => presetParameters(a) - presetParameters(b));

/** Tokens of a step of a preset. */
export function stepTokens(preset: PresetName): number {
  const { rows, cols } = PRESETS[preset];
  return rows * cols;
}

/** The model that a preset makes with a full vocabulary, by the default recipe unless another is given. */
export function configOf(preset: PresetName, recipe = defaultRecipe(preset)): ModelConfig {
  return presetConfig(preset, { vocabSize: PRESETS[preset].vocab, endOfTextId: 0, recipe });
}

/** How far so many tokens are from those that suit a preset: 0 for right, by the factor. */
export function distance(preset: PresetName, tokens: number): number {
  return Math.abs(Math.log(tokens / (TOKENS_PER_WEIGHT * presetParameters(preset))));
}

/** Speed of `preset` at as many operations a second as another had. */
function speedLike({ preset: other, tokensPerSecond }: Candidate, preset: PresetName) {
  const flops = (name: PresetName) =>
    trainingFlopsPerToken(configOf(name), { cols: PRESETS[name].cols });
  return tokensPerSecond * flops(other) / flops(preset);
}

/** The preset that so many tokens suit best. */
export function presetFor(tokens: number): PresetName {
  return BY_SIZE.reduce((best, preset) =>
    distance(preset, tokens) < distance(best, tokens) ? preset : best
  );
}

/**
 * Measures presets from the smallest on for as long as a larger one may suit better.
 *
 * @returns all that were measured, the chosen one named by {@linkcode choose}
 */
export async function measureCandidates(
  seconds: number,
  measure: (preset: PresetName) => Promise<number>,
): Promise<Candidate[]> {
  const measured: Candidate[] = [];
  for (const preset of BY_SIZE) {
    const last = measured.at(-1);
    if (last) {
      const reached = distance(last.preset, seconds * last.tokensPerSecond);
      if (distance(preset, seconds * speedLike(last, preset)) > reached) break;
    }
    measured.push({ preset, tokensPerSecond: await measure(preset) });
  }
  return measured;
}

/** The candidate whose tokens in so many seconds suit it best, and the steps that they are. */
export function choose(candidates: readonly Candidate[], seconds: number): Choice {
  const best = candidates.reduce((best, one) =>
    distance(one.preset, seconds * one.tokensPerSecond) <
        distance(best.preset, seconds * best.tokensPerSecond)
      ? one
      : best
  );
  return inSteps(best.preset, seconds * best.tokensPerSecond);
}

/** As many whole steps as come next to so many tokens. */
export function inSteps(preset: PresetName, tokens: number): Choice {
  const steps = Math.max(1, Math.round(tokens / stepTokens(preset)));
  return { preset, steps, tokens: steps * stepTokens(preset) };
}

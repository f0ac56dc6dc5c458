/**
 * How many parameters each preset has: counted from the layout, here alone, and compared with what
 * the documentation says by a test.
 *
 * @module
 */
import { presetConfig, type PresetName, PRESETS } from "./config.ts";
import { createLayout } from "./layout.ts";
import { defaultRecipe } from "./recipes.ts";

/** Trainable parameters of a preset with the vocabulary that goes with it, by the default recipe. */
export function presetParameters(name: PresetName): number {
  const vocabSize = PRESETS[name].vocab;
  return createLayout(
    presetConfig(name, { vocabSize, endOfTextId: 0, recipe: defaultRecipe(name) }),
  )
    .count;
}

/** A number of parameters as people say it: `1.9 M`. */
export function millions(count: number): string {
  return `${(count / 1e6).toFixed(1)} M`;
}

/**
 * Recipes: by what a preset's new weights are shaped, drawn and trained. `plain` is what versions
 * without recipes had; docs/quality.md has the runs behind the others.
 *
 * @module
 */

/** A recipe's name. */
export type RecipeName = "sampled" | "tuned" | "plain";
/** All names. */
export const RECIPES: readonly RecipeName[] = ["sampled", "tuned", "plain"];
/**
 * That of new weights which Muon trains, unless `--recipe` says otherwise. The sampled one was measured
 * with tiny alone, and takes each worker a copy of the head; without a preset it is tuned.
 */
export function defaultRecipe(preset: string | undefined): RecipeName {
  return preset === "tiny" ? "sampled" : "tuned";
}

/** What a recipe decides besides the learning rate, which is the preset's. */
export interface Recipe {
  /** Decoder layers of a preset, where not its own number. */
  readonly layers: Readonly<Record<string, number>>;
  /** N; that of the preset's heads where undefined. */
  readonly headDim?: number;
  /** Base of the rotary positions by tokens of context; 10,000 where undefined. */
  readonly ropeThetaPerToken?: number;
  /** Whether the projections that write to the residual stream begin at zero. */
  readonly zeroResidual: boolean;
  /** Settings of Muon besides momentum; by default MUON_DEFAULTS says its rate. */
  readonly muon: { readonly polarRounds?: number; readonly rate?: number };
  /** AdamW's decay of the second moment; by default ADAMW_DEFAULTS says. */
  readonly beta2?: number;
  /** AdamW's learning rate of the embedding, as a multiple of that of the rest. */
  readonly embeddingRate?: number;
  /** Which ids steps score besides the targets of their batch, until when; all of them by default. */
  readonly headSample?: {
    /** Share of the vocabulary that every step scores. */
    readonly kept: number;
    /** Of the other ids a step scores every so many-th. */
    readonly period: number;
    /** Share of the run after which steps score all. */
    readonly until: number;
  };
  /** Where the schedule ends, as a share of its peak; by default SCHEDULE_DEFAULTS says. */
  readonly floor?: number;
}

const TUNED: Recipe = {
  layers: { tiny: 3 },
  headDim: 64,
  ropeThetaPerToken: 4,
  zeroResidual: true,
  muon: { polarRounds: 4 },
  // Most rows of embedding and head have a gradient in few batches: a longer memory of their size
  // is less noisy.
  beta2: 0.99,
  embeddingRate: 2,
  floor: 0,
};

/** By name; a recipe stays as it is, for the runs that began with it. */
export const RECIPE_TABLE: Readonly<Record<RecipeName, Recipe>> = {
  plain: { layers: {}, zeroResidual: false, muon: {} },
  tuned: TUNED,
  sampled: {
    ...TUNED,
    muon: { ...TUNED.muon, rate: 0.354 },
    headSample: { kept: 3 / 16, period: 6, until: 0.8 },
  },
};

/** The sample of the vocabulary that spheres are opened for by a recipe. */
export function headSampleOf(
  recipe: RecipeName,
  { vocabSize }: { vocabSize: number },
): { headSample?: { kept: number; period: number } } {
  const { headSample } = RECIPE_TABLE[recipe];
  if (!headSample) return {};
  const { kept, period } = headSample;
  return { headSample: { kept: Math.ceil(kept * vocabSize), period } };
}

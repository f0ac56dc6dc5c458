/**
 * What validation loss a run may come to: as runs on the sample corpus did, and how well they tell of
 * one another.
 *
 * @module
 */
import type { PresetName } from "../../model/config.ts";

/** Tokens of a run and its validation loss at the end. */
export type Course = readonly [tokens: number, loss: number];

/**
 * Runs of `pipeline --preset P --steps N` on the sample corpus with all else as by default, each
 * planned for its own end: by the plain recipe, but for the four longest of tiny, of which the third
 * is by the tuned one and the others by it with a second moment that decays by 0.95.
 */
export const SAMPLE_RUNS: Readonly<Partial<Record<PresetName, readonly Course[]>>> = {
  tiny: [
    [18_432, 6.438],
    [30_713, 6.146],
    [46_073, 5.914],
    [61_425, 5.759],
    [92_152, 5.498],
    [153_589, 5.229],
    [460_771, 4.620],
    [1_382_313, 4.111],
    [1_689_494, 4.019],
    [1_766_289, 3.995],
    [1_843_086, 3.956],
    [2_351_473, 3.909],
  ],
  small: [[307_176, 4.851]],
};

/** A guess and how far such guesses were off. */
export interface Expectation {
  readonly loss: number;
  /** Largest miss where each inner run is guessed from its neighbours. */
  readonly miss: number;
  /** How many such runs there are. */
  readonly tests: number;
}

/** The loss between two measured runs, by the logarithm of tokens; undefined beyond them. */
export function expectLoss(preset: PresetName, tokens: number): Expectation | undefined {
  const { [preset]: runs = [] } = SAMPLE_RUNS;
  const loss = between(runs, tokens);
  if (loss === undefined) return undefined;
  const misses = runs.slice(1, -1).map(([tokens, loss]) => {
    const others = runs.filter(([other]) => other !== tokens);
    return Math.abs((between(others, tokens) ?? NaN) - loss);
  });
  return { loss, miss: Math.max(...misses), tests: misses.length };
}

function between(runs: readonly Course[], tokens: number): number | undefined {
  const at = runs.findIndex(([more]) => more >= tokens);
  const [before, after] = [runs[at - 1], runs[at]];
  if (after?.[0] === tokens) return after[1];
  if (!before || !after) return undefined;
  const part = Math.log(tokens / before[0]) / Math.log(after[0] / before[0]);
  return before[1] + part * (after[1] - before[1]);
}

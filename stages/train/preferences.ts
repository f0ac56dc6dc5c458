/**
 * Learning from preferences: Direct Preference Optimization (Rafailov et al., arXiv:2305.18290), whose
 * reference is the model with its adapter left out.
 *
 * @module
 */
import type { OptimizerStep, SphereBatch, Spheres, StepOutcome } from "../../workers/mod.ts";

/** What a step minimizes and a validation measures; spheres alone are one. */
export interface Objective {
  /** One optimizer step. */
  step(batch: SphereBatch, optimizer: OptimizerStep): Promise<StepOutcome>;
  /** Sum of the loss, and over how many. */
  evaluate(batch: SphereBatch): Promise<{ loss: number; tokens: number }>;
}

/** A better and a worse answer of a batch, by their places `[from, to)`. */
interface Pair {
  readonly chosen: readonly [from: number, to: number];
  readonly rejected: readonly [from: number, to: number];
}

/** The pairs of a batch: of each row segments 0 and 1, 2 and 3, and so on. */
function pairsOf({ segmentIds, mask, rows, cols }: SphereBatch): Pair[] {
  const pairs: Pair[] = [];
  for (let row = 0; row < rows; row++) {
    const ends: number[] = [];
    for (let at = row * cols; at < (row + 1) * cols; at++) {
      const isLast = at + 1 === (row + 1) * cols || segmentIds?.[at] !== segmentIds?.[at + 1];
      if (isLast) ends.push(at + 1);
    }
    for (let i = 0; i + 1 < ends.length; i += 2) {
      const [from, middle, to] = [
        ends[i - 1] ?? row * cols,
        ends[i] as number,
        ends[i + 1] as number,
      ];
      // The rest of a row is a segment without a target.
      if (!mask.subarray(middle, to).includes(1)) continue;
      pairs.push({ chosen: [from, middle], rejected: [middle, to] });
    }
  }
  return pairs;
}

/**
 * The preferences in batches whose segments are pairs, the better answer first. Its loss is
 * −log σ(β (margin of the model − margin of the reference)) per pair, the margin being how much more
 * likely the better answer is.
 *
 * @param spheres train an adapter
 */
export function preferences(spheres: Spheres, { beta }: { beta: number }): Objective {
  /** How much likelier the better answer is, in nats, for each pair. */
  const margins = async (batch: SphereBatch, pairs: readonly Pair[]): Promise<number[]> => {
    await spheres.evaluate(batch);
    const nats = ([from, to]: Pair["chosen"]) =>
      spheres.losses.subarray(from, to).reduce((sum, loss) => sum + loss, 0);
    return pairs.map(({ chosen, rejected }) => nats(rejected) - nats(chosen));
  };
  /** β times the margin beyond the reference's, for each pair. */
  const scores = async (batch: SphereBatch, pairs: readonly Pair[]): Promise<number[]> => {
    spheres.useAdapter(false);
    const reference = await margins(batch, pairs);
    spheres.useAdapter(true);
    const own = await margins(batch, pairs);
    return own.map((margin, at) => beta * (margin - (reference[at] as number)));
  };
  const lossOf = (all: readonly number[]) =>
    all.reduce(
      (sum, score) => sum + Math.log1p(Math.exp(-Math.abs(score))) + Math.max(0, -score),
      0,
    );
  return {
    async step(batch, optimizer) {
      const pairs = pairsOf(batch);
      const all = await scores(batch, pairs);
      const weights = new Float32Array(batch.inputIds.length);
      const share = beta * batch.validTokens / pairs.length;
      for (const [at, { chosen, rejected }] of pairs.entries()) {
        const weight = share / (1 + Math.exp(all[at] as number));
        weights.fill(weight, ...chosen);
        weights.fill(-weight, ...rejected);
      }
      const { limits, ...rest } = optimizer;
      const outcome = await spheres.step({ ...batch, weights }, {
        ...rest,
        // The spheres know the loss of the targets alone.
        ...(limits && { limits: { ...limits, loss: Infinity } }),
      });
      return { ...outcome, loss: lossOf(all) / pairs.length };
    },
    async evaluate(batch) {
      const pairs = pairsOf(batch);
      return { loss: lossOf(await scores(batch, pairs)), tokens: pairs.length };
    },
  };
}

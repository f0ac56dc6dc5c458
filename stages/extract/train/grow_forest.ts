/**
 * Grows gradient-boosted trees on the logistic loss, over histograms of binned features (LightGBM,
 * Ke et al. 2017).
 *
 * @module
 */
import { shortFloats } from "../block_model.ts";
import type { Forest } from "../forest.ts";
import { binned, type BinnedFeature, BINS } from "./bins.ts";
import { randomOf } from "./random.ts";

/** Rows to learn from. */
export interface Examples {
  /** [rows, width] */
  readonly rows: Float32Array;
  readonly width: number;
  /** The probability that each is to have, and how much it counts. */
  readonly labels: Float32Array;
  readonly weights: Float32Array;
}

/** How a forest grows. */
export interface Growth {
  readonly trees: number;
  readonly depth: number;
  readonly learningRate: number;
  /** Shares of the features and of the rows that each tree sees. */
  readonly featureShare: number;
  readonly rowShare: number;
  /** Added to the second derivatives of a leaf. */
  readonly lambda: number;
  /** The least second derivatives of a leaf. */
  readonly minHessian: number;
  readonly seed: number;
}

/** The derivatives of the loss by the score of each row, and the node that it is in. */
interface Slope {
  readonly gradient: Float32Array;
  readonly hessian: Float32Array;
  readonly node: Int32Array;
}

/** What a node of a tree asks. */
interface Split {
  readonly gain: number;
  readonly feature: number;
  readonly bin: number;
}

/** Grows a forest. */
export function growForest(examples: Examples, growth: Growth): Forest {
  const { labels, weights, width } = examples;
  const { trees, depth, rowShare, featureShare } = growth;
  const size = labels.length;
  const random = randomOf(growth.seed);
  const features = Array.from({ length: width }, (_, feature) => binned(examples, feature));
  const inner = 2 ** depth - 1;
  const forest: Forest = {
    depth,
    bias: logOdds(examples),
    features: new Uint8Array(trees * inner),
    thresholds: new Float32Array(trees * inner).fill(Infinity),
    leaves: new Float32Array(trees * (inner + 1)),
  };
  const scores = new Float32Array(size).fill(forest.bias);
  const slope: Slope = {
    gradient: new Float32Array(size),
    hessian: new Float32Array(size),
    node: new Int32Array(size),
  };
  for (let tree = 0; tree < trees; tree++) {
    const drawn: number[] = [];
    for (let i = 0; i < size; i++) {
      const chance = 1 / (1 + Math.exp(-(scores[i] as number)));
      slope.gradient[i] = (chance - (labels[i] as number)) * (weights[i] as number);
      slope.hessian[i] = chance * (1 - chance) * (weights[i] as number);
      if (random() < rowShare) drawn.push(i);
    }
    const asked = features.map((feature, number) => ({ ...feature, number }))
      .filter(({ bounds }) => bounds.length > 0 && random() < featureShare);
    growTree(forest, { tree, drawn: Int32Array.from(drawn), asked, slope }, growth);
    for (let i = 0; i < size; i++) {
      const leaf = tree * (inner + 1) + (slope.node[i] as number) - inner;
      scores[i] = (scores[i] as number) + (forest.leaves[leaf] as number);
    }
  }
  forest.leaves.set(shortFloats(forest.leaves));
  return forest;
}

/** The log of the odds of all labels. */
function logOdds({ labels, weights }: Examples): number {
  let positive = 0, all = 0;
  for (const [i, weight] of weights.entries()) {
    positive += (labels[i] as number) * weight;
    all += weight;
  }
  return Math.log(positive / (all - positive));
}

/** Grows one tree level by level, and leaves each row at its leaf. */
function growTree(
  { features, thresholds, leaves }: Forest,
  { tree, drawn, asked, slope }: {
    tree: number;
    drawn: Int32Array;
    asked: readonly (BinnedFeature & { number: number })[];
    slope: Slope;
  },
  { depth, learningRate, lambda, minHessian }: Growth,
): void {
  const inner = 2 ** depth - 1;
  const { gradient, hessian, node } = slope;
  node.fill(0);
  for (let level = 0; level < depth; level++) {
    const nodes = 1 << level, start = nodes - 1;
    const best: (Split | undefined)[] = new Array(nodes).fill(undefined);
    for (const [place, feature] of asked.entries()) {
      const { g, h } = histogram(feature, { drawn, slope, start, nodes });
      for (let n = 0; n < nodes; n++) {
        const from = n * BINS;
        const found = bestSplit(g.subarray(from, from + BINS), h.subarray(from, from + BINS), {
          bins: feature.bounds.length,
          lambda,
          minHessian,
        });
        if (found.gain > (best[n]?.gain ?? 0)) best[n] = { ...found, feature: place };
      }
    }
    for (const [n, split] of best.entries()) {
      if (split === undefined) continue;
      const { bounds, number } = asked[split.feature] as typeof asked[number];
      features[tree * inner + start + n] = number;
      thresholds[tree * inner + start + n] = bounds[split.bin] as number;
    }
    const bins = best.map((split) => split && asked[split.feature]?.bins);
    for (let i = 0; i < node.length; i++) {
      const at = node[i] as number;
      const bin = bins[at - start]?.[i] ?? 0;
      node[i] = 2 * at + (bin > (best[at - start]?.bin ?? 0) ? 2 : 1);
    }
  }
  const g = new Float64Array(inner + 1), h = new Float64Array(inner + 1);
  for (const i of drawn) {
    const leaf = (node[i] as number) - inner;
    g[leaf] = (g[leaf] as number) + (gradient[i] as number);
    h[leaf] = (h[leaf] as number) + (hessian[i] as number);
  }
  for (let leaf = 0; leaf <= inner; leaf++) {
    leaves[tree * (inner + 1) + leaf] = -learningRate * (g[leaf] as number) /
      ((h[leaf] as number) + lambda);
  }
}

/** Sums of the derivatives by node and bin. */
function histogram(
  { bins }: BinnedFeature,
  { drawn, slope: { gradient, hessian, node }, start, nodes }: {
    drawn: Int32Array;
    slope: Slope;
    start: number;
    nodes: number;
  },
): { g: Float64Array; h: Float64Array } {
  const g = new Float64Array(nodes * BINS), h = new Float64Array(nodes * BINS);
  for (let s = 0; s < drawn.length; s++) {
    const i = drawn[s] as number;
    const slot = ((node[i] as number) - start) * BINS + (bins[i] as number);
    g[slot] = (g[slot] as number) + (gradient[i] as number);
    h[slot] = (h[slot] as number) + (hessian[i] as number);
  }
  return { g, h };
}

/** The bin after which to split, and what that gains. */
function bestSplit(
  g: Float64Array,
  h: Float64Array,
  { bins, lambda, minHessian }: { bins: number; lambda: number; minHessian: number },
): { gain: number; bin: number } {
  let gAll = 0, hAll = 0;
  for (let b = 0; b < BINS; b++) {
    gAll += g[b] as number;
    hAll += h[b] as number;
  }
  const before = gAll * gAll / (hAll + lambda);
  let best = { gain: 0, bin: 0 };
  let gLeft = 0, hLeft = 0;
  for (let bin = 0; bin < bins; bin++) {
    gLeft += g[bin] as number;
    hLeft += h[bin] as number;
    const gRight = gAll - gLeft, hRight = hAll - hLeft;
    if (hLeft < minHessian || hRight < minHessian) continue;
    const gain = gLeft * gLeft / (hLeft + lambda) + gRight * gRight / (hRight + lambda) - before;
    if (gain > best.gain) best = { gain, bin };
  }
  return best;
}

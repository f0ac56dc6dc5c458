/**
 * Learns a model of blocks from annotated pages. What the second look sees of the first, and the
 * first of names, are always opinions of models that did not learn from the page at hand.
 *
 * @module
 */
import { NO_WEIGHTS, slotsAround } from "../containers.ts";
import { FEATURES, featuresOf } from "../features.ts";
import { type Forest, scoreRows } from "../forest.ts";
import { type BlockModel, secondLook } from "../judge.ts";
import { slotsOfOne, wordSlots } from "../names.ts";
import { NEIGHBOUR_FEATURES } from "../neighbour_features.ts";
import type { AnnotatedPage } from "./annotated_pages.ts";
import { type Examples, growForest, type Growth } from "./grow_forest.ts";
import { learnNames, type NamedExample } from "./name_weights.ts";
import { bestThreshold } from "./quality.ts";
import { randomOf } from "./random.ts";

/** How a model is learned. */
export interface Learning {
  readonly first: Growth;
  readonly second: Growth;
  /** How much a block counts that no segment tells of, and how many of them a page gives. */
  readonly unknown: number;
  readonly sampled: number;
  /** Parts of the pages: each is judged by what was learned from the others. */
  readonly parts: number;
  readonly rounds: number;
}

const GROWTH: Growth = {
  trees: 180,
  depth: 4,
  learningRate: 0.06,
  featureShare: 0.3,
  rowShare: 0.7,
  lambda: 2,
  minHessian: 2,
  seed: 1,
};

/** How the model in the project is learned. */
const LEARNING: Learning = {
  first: GROWTH,
  second: { ...GROWTH, seed: 2 },
  unknown: 0.1,
  sampled: 30,
  parts: 3,
  rounds: 2,
};

const WIDE = FEATURES + NEIGHBOUR_FEATURES;
/** How sure the rules are taken to be of a block that no segment tells of. */
const TRUST = 0.9;

/** Slots of the names around a block and of its words. */
type Names = Pick<NamedExample, "near" | "far" | "words">;

/** A page with labels for all blocks that count, and the names around each block. */
interface Lesson {
  readonly page: AnnotatedPage;
  readonly labels: Float32Array;
  readonly weights: Float32Array;
  readonly names: readonly Names[];
}

/** Scores of pages by models that did not learn from them. */
type HeldOut = ReadonlyMap<AnnotatedPage, Float32Array>;

/** What {@linkcode featuresOf} reads of a page. */
export const judged = ({ content: { blocks, fullTitle }, ruled }: AnnotatedPage) => ({
  blocks,
  ruled,
  title: fullTitle,
});

/** Learns in rounds: what a round says of blocks that no segment tells of is what the next learns. */
export function learn(
  pages: readonly AnnotatedPage[],
  learning: Learning = LEARNING,
): BlockModel {
  const around = pages.map(namesAround);
  let heldOut: HeldOut = new Map();
  for (let round = 1;; round++) {
    const lessons = lessonsOf(pages, { heldOut, around, learning });
    const { firstRows, secondRows, scores } = crossLearn(lessons, learning);
    heldOut = scores;
    if (round < learning.rounds) continue;
    return {
      names: namesFrom(lessons),
      first: forestFrom(lessons, firstRows, learning.first),
      second: forestFrom(lessons, secondRows, learning.second),
      threshold: bestThreshold(heldOut),
    };
  }
}

function namesAround(page: AnnotatedPage): Names[] {
  const slots = slotsOfOne();
  return featuresOf(judged(page), NO_WEIGHTS).containers.map((container, i) => {
    const { near, far } = slotsAround(container);
    const count = wordSlots(page.content.blocks[i]?.text ?? "", slots);
    const words = Array.from(new Set(slots.subarray(0, count)));
    return { near: Array.from(near), far: Array.from(far), words };
  });
}

/** Gives labels to some of the blocks that no segment tells of. */
function lessonsOf(
  pages: readonly AnnotatedPage[],
  { heldOut, around, learning }: {
    heldOut: HeldOut;
    around: readonly Lesson["names"][];
    learning: Learning;
  },
): Lesson[] {
  const random = randomOf(5);
  return pages.map((page, at) => {
    const { labels, weights, ruled, content: { blocks } } = page;
    const scores = heldOut.get(page);
    const share = learning.sampled / blocks.length;
    const isDrawn = Float32Array.from(blocks, () => random() < share ? 1 : 0);
    const guess = (i: number) => {
      if (scores !== undefined) return 1 / (1 + Math.exp(-(scores[i] as number)));
      const block = blocks[i];
      return block !== undefined && ruled.has(block) ? TRUST : 1 - TRUST;
    };
    return {
      page,
      labels: labels.map((label, i) => label < 0 ? guess(i) : label),
      weights: weights.map((weight, i) =>
        (labels[i] as number) < 0 ? learning.unknown * (isDrawn[i] as number) : weight
      ),
      names: around[at] ?? [],
    };
  });
}

/** The rows of both looks, and the scores of the second, each by models of the other parts. */
function crossLearn(lessons: readonly Lesson[], { first, second, parts }: Learning) {
  const firstRows: Float32Array[] = [], secondRows: Float32Array[] = [];
  const scores = new Map<AnnotatedPage, Float32Array>();
  const partOf = (at: number) => at % parts;
  const others = <T>(list: readonly T[], part: number) =>
    list.filter((_, at) => partOf(at) !== part);
  const inPart = (part: number) =>
    Array.from(lessons.entries()).filter(([at]) => partOf(at) === part);
  const looks = lessons.map(({ page }) => featuresOf(judged(page), NO_WEIGHTS));
  for (let part = 0; part < parts; part++) {
    const names = namesFrom(others(lessons, part));
    for (const [at, { page }] of inPart(part)) {
      looks[at] = featuresOf(judged(page), names);
      firstRows[at] = looks[at].rows;
    }
  }
  for (let part = 0; part < parts; part++) {
    const forest = forestFrom(others(lessons, part), others(firstRows, part), first);
    for (const [at, { page }] of inPart(part)) {
      const look = looks[at];
      if (look === undefined) continue;
      secondRows[at] = secondLook(judged(page), look, scoreRows(forest, look.rows, FEATURES));
    }
  }
  for (let part = 0; part < parts; part++) {
    const forest = forestFrom(others(lessons, part), others(secondRows, part), second);
    for (const [at, { page }] of inPart(part)) {
      scores.set(page, scoreRows(forest, secondRows[at] as Float32Array, WIDE));
    }
  }
  return { firstRows, secondRows, scores };
}

function namesFrom(lessons: readonly Lesson[]) {
  return learnNames(
    lessons.flatMap(({ names, labels, weights }) =>
      names.map((around, i) => ({
        ...around,
        label: labels[i] as number,
        weight: weights[i] as number,
      })).filter(({ weight }) => weight > 0)
    ),
    99,
  );
}

function forestFrom(
  lessons: readonly Lesson[],
  matrices: readonly Float32Array[],
  growth: Growth,
): Forest {
  return growForest(examplesOf(lessons, matrices), growth);
}

/** The rows that count. */
function examplesOf(lessons: readonly Lesson[], matrices: readonly Float32Array[]): Examples {
  const labels: number[] = [], weights: number[] = [], rows: Float32Array[] = [];
  let width = 0;
  for (const [at, lesson] of lessons.entries()) {
    const matrix = matrices[at] ?? new Float32Array();
    if (lesson.labels.length > 0) width = matrix.length / lesson.labels.length;
    for (const [i, weight] of lesson.weights.entries()) {
      if (weight === 0) continue;
      labels.push(lesson.labels[i] as number);
      weights.push(weight);
      rows.push(matrix.subarray(i * width, (i + 1) * width));
    }
  }
  const all = new Float32Array(rows.length * width);
  for (const [at, row] of rows.entries()) all.set(row, at * width);
  return {
    rows: all,
    width,
    labels: Float32Array.from(labels),
    weights: Float32Array.from(weights),
  };
}

/**
 * A linear classifier of texts on hashed n-grams of one and two words, learned from texts that are
 * good and texts that are bad.
 *
 * The score is what fastText's supervised model computes for two labels (Joulin et al., "Bag of
 * Tricks for Efficient Text Classification", 2016): the n-grams' weights are averaged and squashed.
 * Its two layers have nothing between them, so that one is enough here. Weights are learned one text
 * at a time with AdaGrad (Duchi et al., 2011), which needs no learning rate for each kind of corpus.
 *
 * @module
 */
import { hashGram, hashWords } from "./hashed_words.ts";
import type { Refusal, Scores } from "./rule.ts";
import { splitWords } from "./words.ts";

/** N-grams share so many weights. */
const BUCKETS = 2 ** 20;
/** The step of AdaGrad. */
const STEP = 3;
const EPSILON = 1e-8;
/** Passes over the larger of the two sets of texts. */
const PASSES = 5;
/** Turns at least, in each of which a good text and a bad one are learned. */
const MIN_TURNS = 1000;

/** A learned classifier. Pure. */
export interface QualityModel {
  /** How likely it is that a text is one of the good, were there as many good as bad ones: 0..1. */
  score(text: string): number;
}

/** Texts to learn from, read anew at each call. */
export type Texts = () => AsyncIterable<string>;

/** The weight of each n-gram of a text, without regard to case: of each word, then of each pair. */
function gramsOf(text: string): Uint32Array {
  const words = hashWords(splitWords(text.toLowerCase()));
  const grams = new Uint32Array(Math.max(0, 2 * words.length - 1));
  for (let at = 0; at < grams.length; at++) {
    const gram = at < words.length ? { at, n: 1 } : { at: at - words.length, n: 2 };
    grams[at] = hashGram(words, gram) & (BUCKETS - 1);
  }
  return grams;
}

/** How often each n-gram is among those of a text. */
function* countsOf(grams: Uint32Array): Generator<[gram: number, count: number]> {
  const sorted = grams.toSorted();
  for (let from = 0, to = 0; from < sorted.length; from = to) {
    while (sorted[to] === sorted[from]) to++;
    yield [sorted[from] as number, to - from];
  }
}

const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

/**
 * Learns to tell the texts of `good` from those of `bad`. They take turns, and the smaller set is
 * begun again as often as it takes. The result depends on the texts and their order alone; memory,
 * on neither.
 *
 * @throws {Error} when a set has no text
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { learnQuality } from "./quality.ts";
 * const texts = (...all: string[]) => async function* () { yield* all; };
 * const model = await learnQuality({ good: texts("a calm sea"), bad: texts("buy buy buy") });
 * assert(model.score("a calm day") > 0.5 && model.score("buy now") < 0.5);
 * ```
 */
export async function learnQuality(
  { good, bad }: { good: Texts; bad: Texts },
): Promise<QualityModel> {
  const weights = new Float64Array(BUCKETS);
  const squares = new Float64Array(BUCKETS);
  let bias = 0, biasSquares = 0;
  const logitOf = (grams: Uint32Array): number => {
    let sum = 0;
    for (const gram of grams) sum += weights[gram] as number;
    return bias + sum / Math.max(1, grams.length);
  };
  const learn = (text: string, label: 0 | 1): void => {
    const grams = gramsOf(text);
    const error = sigmoid(logitOf(grams)) - label;
    for (const [gram, count] of countsOf(grams)) {
      const slope = error * count / grams.length;
      const square = (squares[gram] as number) + slope * slope;
      squares[gram] = square;
      weights[gram] = (weights[gram] as number) - STEP * slope / (Math.sqrt(square) + EPSILON);
    }
    biasSquares += error * error;
    bias -= STEP * error / (Math.sqrt(biasSquares) + EPSILON);
  };

  const goods = repeated(good, "good"), bads = repeated(bad, "bad");
  try {
    for (
      let turn = 0;
      turn < MIN_TURNS || turn < PASSES * Math.max(goods.size, bads.size);
      turn++
    ) {
      learn(await goods.next(), 1);
      learn(await bads.next(), 0);
    }
  } finally {
    await Promise.all([goods.close(), bads.close()]);
  }
  return { score: (text) => sigmoid(logitOf(gramsOf(text))) };
}

/** The texts of a set over and over. */
function repeated(source: Texts, name: string) {
  let texts = source()[Symbol.asyncIterator]();
  let count = 0;
  const set = {
    /** How many there are, known after the first time through. */
    size: Infinity,
    async next(): Promise<string> {
      let { done, value } = await texts.next();
      if (done) {
        set.size = Math.min(set.size, count);
        texts = source()[Symbol.asyncIterator]();
        ({ done, value } = await texts.next());
      }
      if (done) throw new Error(`there is no text among those that are ${name}`);
      count++;
      return value;
    },
    close: async () => void await texts.return?.(),
  };
  return set;
}

/** Notes the score of a text and refuses it below the threshold. */
export function judgeQuality(
  text: string,
  { model, threshold, scores }: { model: QualityModel; threshold: number; scores: Scores },
): Refusal | undefined {
  const score = Math.round(model.score(text) * 10_000) / 10_000;
  scores.quality = score;
  if (score >= threshold) return undefined;
  const detail = `quality is ${score}, below --quality-threshold ${threshold}`;
  return { reason: "low-quality", detail };
}

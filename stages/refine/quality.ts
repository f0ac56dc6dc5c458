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
export const BUCKETS = 2 ** 20;
/** The step of AdaGrad. */
const STEP = 3;
const EPSILON = 1e-8;
/** Passes over the larger of the two sets of texts. */
const PASSES = 5;
/** Texts of each kind that a small set is repeated to. */
const MIN_TEXTS = 1000;

/** The n-grams of a text: which there are, and the share of each. */
export interface TextFeatures {
  /** Ascending. */
  readonly buckets: Uint32Array;
  /** Their sum is 1. */
  readonly shares: Float64Array;
}

/** A learned classifier. Pure. */
export interface QualityModel {
  /** How likely it is that a text is one of the good, were there as many good as bad ones: 0..1. */
  score(text: string): number;
}

/** Texts to learn from, read anew at each call. */
export type Texts = () => AsyncIterable<string>;

/** Counts the n-grams of a text, without regard to case. */
export function featuresOf(text: string): TextFeatures {
  const words = hashWords(splitWords(text.toLowerCase()));
  const all = new Uint32Array(Math.max(0, 2 * words.length - 1));
  for (let at = 0; at < all.length; at++) {
    const gram = at < words.length ? { at, n: 1 } : { at: at - words.length, n: 2 };
    all[at] = hashGram(words, gram) & (BUCKETS - 1);
  }
  all.sort();
  const buckets = all.filter((bucket, at) => at === 0 || bucket !== all[at - 1]);
  const shares = new Float64Array(buckets.length);
  for (let at = 0, place = 0; at < all.length; at++) {
    if (all[at] !== buckets[place]) place++;
    shares[place] = (shares[place] as number) + 1 / all.length;
  }
  return { buckets, shares };
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
  const logitOf = ({ buckets, shares }: TextFeatures): number => {
    let logit = bias;
    for (const [at, bucket] of buckets.entries()) {
      logit += (weights[bucket] as number) * (shares[at] as number);
    }
    return logit;
  };
  const learn = (text: string, label: 0 | 1): void => {
    const features = featuresOf(text);
    const error = sigmoid(logitOf(features)) - label;
    for (const [at, bucket] of features.buckets.entries()) {
      const slope = error * (features.shares[at] as number);
      const square = (squares[bucket] as number) + slope * slope;
      squares[bucket] = square;
      weights[bucket] = (weights[bucket] as number) - STEP * slope / (Math.sqrt(square) + EPSILON);
    }
    biasSquares += error * error;
    bias -= STEP * error / (Math.sqrt(biasSquares) + EPSILON);
  };

  const sets = { good: repeated(good, "good"), bad: repeated(bad, "bad") };
  const isOver = () => {
    const { good, bad } = sets;
    return Math.min(good.passes, bad.passes) >= PASSES && good.texts >= MIN_TEXTS;
  };
  while (!isOver()) {
    learn(await sets.good.next(), 1);
    learn(await sets.bad.next(), 0);
  }
  await Promise.all([sets.good.close(), sets.bad.close()]);
  return { score: (text) => sigmoid(logitOf(featuresOf(text))) };
}

/** The texts of a set over and over. */
function repeated(source: Texts, name: string) {
  let texts = source()[Symbol.asyncIterator]();
  const set = {
    texts: 0,
    /** Times that the set has come to its end. */
    passes: 0,
    async next(): Promise<string> {
      const { done, value } = await texts.next();
      if (!done) {
        set.texts++;
        return value;
      }
      if (set.texts === 0) throw new Error(`there is no text among those that are ${name}`);
      set.passes++;
      texts = source()[Symbol.asyncIterator]();
      return await set.next();
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

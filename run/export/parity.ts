/**
 * Checks that an exported file predicts as the original weights do.
 *
 * @module
 */
import type { ModelConfig } from "../../model/config.ts";
import { randomStream } from "../../model/random.ts";
import type { Engine } from "../../engine/mod.ts";
import { parseTokenizer } from "../../tokenizer/mod.ts";
import { type Evaluator, openEvaluator, type SphereBatch } from "../../workers/mod.ts";

/** A file read back: weights, or an engine that runs it. */
export type Reread =
  | { readonly parameters: Float32Array }
  | { readonly engine: Engine };

/** The outcome of a comparison. */
export interface Parity {
  /**
   * `exp` of the mean Kullback-Leibler divergence between the predictions: the factor by which the
   * file raises the perplexity of text drawn from the model. 1 is perfect.
   */
  readonly perplexityRatio: number;
  /** Share of places at which both have the same argmax, from 0 to 1. */
  readonly agreement: number;
}

/** B and T of the comparison: enough to reveal a bug, fast enough to run every time. */
const ROWS = 2, COLS = 32;

/** The preamble of the United States Constitution (1787). */
const TEXT =
  "We the People of the United States, in Order to form a more perfect Union, establish Justice, " +
  "insure domestic Tranquility, provide for the common defence, promote the general Welfare, and " +
  "secure the Blessings of Liberty to ourselves and our Posterity, do ordain and establish this " +
  "Constitution for the United States of America.";

/**
 * Compares a file with the original weights, by the training kernels' forward pass.
 *
 * @param reread the file read back; an engine is closed afterwards
 */
export async function compare(
  reread: Reread,
  { config, parameters, tokenizerJson }: {
    config: ModelConfig;
    parameters: Float32Array;
    tokenizerJson: string | undefined;
  },
): Promise<Parity> {
  const cols = Math.min(COLS, config.max_position_embeddings - 1);
  const batch = sampleBatch(config, { cols, tokenizerJson });
  const options = { config, rows: ROWS, cols, workers: 1, keepLogits: true };
  const evaluator = await openEvaluator(options);
  await using _spheres = evaluator.spheres;
  const wanted = await logitsOf(evaluator, { parameters, batch });
  let found: Float32Array;
  if ("engine" in reread) {
    await using engine = reread.engine;
    found = await engineLogits(engine, batch);
  } else found = await logitsOf(evaluator, { parameters: reread.parameters, batch });
  return compareLogits(found, wanted, { columns: config.vocab_size });
}

/** Rows of a fixed text; of fixed random ids where there is no tokenizer. */
function sampleBatch(
  { vocab_size: V }: ModelConfig,
  { cols, tokenizerJson }: { cols: number; tokenizerJson: string | undefined },
): SphereBatch {
  const random = randomStream(0, { name: "parity" });
  const text = tokenizerJson === undefined
    ? []
    : parseTokenizer(tokenizerJson, { source: "tokenizer.json" }).encode(TEXT);
  const inputIds = Int32Array.from(
    { length: ROWS * cols },
    (_, i) => text[i] ?? random.word(i) % V,
  );
  return {
    inputIds,
    targetIds: inputIds,
    mask: new Int32Array(inputIds.length).fill(1),
    rows: ROWS,
    cols,
    validTokens: inputIds.length,
  };
}

/** `[B * T, V]`, a copy. */
async function logitsOf(
  { spheres, weights }: Evaluator,
  { parameters, batch }: { parameters: Float32Array; batch: SphereBatch },
): Promise<Float32Array> {
  weights.set(parameters);
  await spheres.packWeights();
  await spheres.evaluate(batch);
  return spheres.logits.slice();
}

/** `[B * T, V]`, token by token through the KV cache, as in serving. */
async function engineLogits(
  engine: Engine,
  { inputIds, rows, cols }: SphereBatch,
): Promise<Float32Array> {
  const { vocab_size: V } = engine.config;
  const logits = new Float32Array(rows * cols * V);
  for (let row = 0; row < rows; row++) {
    const ids = inputIds.subarray(row * cols, (row + 1) * cols);
    using sequence = engine.createSequence(ids.subarray(0, 1));
    for (let col = 0; col < cols; col++) {
      if (col > 0) sequence.append(ids[col] as number);
      const [next] = await engine.step([sequence]);
      if (next) logits.set(next, (row * cols + col) * V);
    }
  }
  return logits;
}

/** Compares predictions `[rows, columns]`. */
export function compareLogits(
  found: Float32Array,
  wanted: Float32Array,
  { columns }: { columns: number },
): Parity {
  const rows = wanted.length / columns;
  let divergence = 0, agreed = 0;
  for (let row = 0; row < rows; row++) {
    const p = logSoftmax(wanted.subarray(row * columns, (row + 1) * columns));
    const q = logSoftmax(found.subarray(row * columns, (row + 1) * columns));
    p.forEach((logP, i) => divergence += Math.exp(logP) * (logP - (q[i] as number)));
    if (p.indexOf(highest(p)) === q.indexOf(highest(q))) agreed++;
  }
  return { perplexityRatio: Math.exp(divergence / rows), agreement: agreed / rows };
}

/** Not by spread arguments, of which there may be fewer than a vocabulary has ids. */
function highest(values: Float32Array | Float64Array): number {
  let most = -Infinity;
  for (const value of values) most = Math.max(most, value);
  return most;
}

function logSoftmax(logits: Float32Array): Float64Array {
  const most = highest(logits);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - most), 0);
  return Float64Array.from(logits, (logit) => logit - most - Math.log(sum));
}

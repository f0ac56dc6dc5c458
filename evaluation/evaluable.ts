/**
 * Models that `eval` can score: a checkpoint on the training kernels, or an exported ONNX file on
 * ONNX Runtime.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { initFromFolder } from "../model/checkpoint/mod.ts";
import type { ModelConfig } from "../model/config.ts";
import { exists } from "../model/durable.ts";
import { createLayout } from "../model/layout.ts";
import {
  type Engine,
  type KvFormat,
  openOnnxEngine,
  openWasmEngine,
  type WeightFormat,
} from "../engine/mod.ts";
import { openEvaluator, type SphereBatch, type SpheresOptions } from "../workers/mod.ts";
import { UsageError } from "../cli/flags.ts";
import { readNamedConfig } from "../run/named_model.ts";

/** A model to score. */
export interface Evaluable extends AsyncDisposable {
  readonly config: ModelConfig;
  /** Sum of nats over the target tokens, and their number. */
  evaluate(batch: SphereBatch): Promise<{ loss: number; tokens: number }>;
  /** Generates continuations. */
  readonly engine: Engine;
}

/** The configuration of the model at `path`: a checkpoint, a Hugging Face folder, an ONNX file. */
export async function readEvaluableConfig(path: string): Promise<ModelConfig> {
  if (!isOnnx(path)) return await readNamedConfig(path, { flag: "checkpoint" });
  if (!await exists(path)) throw new UsageError(`Cannot evaluate ${path}: there is no such file`);
  return await readNamedConfig(evaluableFolder(path), { flag: "model of" });
}

/** The folder of the configuration, and of the tokenizer if there is one, of the model at `path`. */
export function evaluableFolder(path: string): string {
  if (!isOnnx(path)) return path;
  const dir = dirname(path);
  return basename(dir) === "onnx" ? dirname(dir) : dir;
}

/** Opens the model at `path`; a checkpoint in small formats runs as `serve` runs it. */
export async function openEvaluable(
  path: string,
  options: SpheresOptions & {
    config: ModelConfig;
    weights?: WeightFormat;
    kv?: KvFormat;
  },
): Promise<Evaluable> {
  const { config, weights = "f32", kv = "f32" } = options;
  if (isOnnx(path)) {
    const engine = await openOnnxEngine({ model: path, config });
    return {
      config,
      engine,
      evaluate: (batch) => engineLoss(engine, batch),
      [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
    };
  }
  if (weights !== "f32" || kv !== "f32") {
    const layout = createLayout(config);
    const parameters = new Float32Array(layout.length);
    await initFromFolder(path, { layout, parameters });
    const engine = await openWasmEngine({ config, parameters, weights, kv });
    return {
      config,
      engine,
      evaluate: (batch) => engineLoss(engine, batch),
      [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
    };
  }
  await using resources = new AsyncDisposableStack();
  const { spheres, weights: parameters } = await openEvaluator(options);
  resources.use(spheres);
  const layout = createLayout(config);
  await initFromFolder(path, { layout, parameters });
  await spheres.packWeights();
  const engine = resources.use(await openWasmEngine({ config, parameters, workers: 1 }));
  const held = resources.move();
  return {
    config,
    engine,
    evaluate: (batch) => spheres.evaluate(batch),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Whether `path` names an ONNX file, by its ending. */
export function isOnnx(path: string): boolean {
  return path.endsWith(".onnx");
}

/** A stretch of a batch whose attention stays within it. */
interface Segment {
  readonly from: number;
  readonly count: number;
}

/** The segments of a batch that have targets. */
function segmentsOf({ mask, segmentIds, rows, cols }: SphereBatch): Segment[] {
  const segments: Segment[] = [];
  for (let at = 0; at < rows * cols;) {
    const from = at;
    const rowEnd = from - from % cols + cols;
    while (at < rowEnd && segmentIds?.[at] === segmentIds?.[from]) at++;
    const count = mask.subarray(from, at).lastIndexOf(1) + 1;
    if (count > 0) segments.push({ from, count });
  }
  return segments;
}

/** Scores a batch token by token through the KV cache, as serving does. */
async function engineLoss(
  engine: Engine,
  batch: SphereBatch,
): Promise<{ loss: number; tokens: number }> {
  const { inputIds, targetIds, mask } = batch;
  let loss = 0, tokens = 0;
  for (const { from, count } of segmentsOf(batch)) {
    using sequence = engine.createSequence(inputIds.subarray(from, from + 1), { maxTokens: count });
    for (let at = from; at < from + count; at++) {
      if (at > from) sequence.append(inputIds[at] as number);
      const [logits] = await engine.step([sequence]);
      if (!logits || mask[at] !== 1) continue;
      loss += nats(logits, targetIds[at] as number);
      tokens++;
    }
  }
  return { loss, tokens };
}

/** The negative log likelihood of a token. */
function nats(logits: Float32Array, id: number): number {
  let most = -Infinity, sum = 0;
  for (const logit of logits) most = Math.max(most, logit);
  for (const logit of logits) sum += Math.exp(logit - most);
  return most + Math.log(sum) - (logits[id] as number);
}

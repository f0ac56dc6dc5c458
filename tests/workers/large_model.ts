/**
 * Trains a model of SmolLM2-135M's exact shape in a process of its own, which may be killed:
 *
 *     large_model.ts DIR WORKERS FIRST LAST
 *
 * Begins with random weights, or goes on from DIR when FIRST is past 1; saves after each step but the
 * last, and prints a line for each step and then the digest of weights and moments.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { loadCheckpoint, saveCheckpoint } from "../../model/checkpoint/mod.ts";
import type { ModelConfig } from "../../model/config.ts";
import { initParameters } from "../../model/init.ts";
import { openSpheres } from "../../workers/mod.ts";
import { GOLDEN_STEP } from "./golden.ts";

/** SmolLM2-135M's. */
export const CONFIG: ModelConfig = {
  model_type: "llama",
  attention_bias: false,
  mlp_bias: false,
  vocab_size: 49152,
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  head_dim: 64,
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-5,
  rope_theta: 100_000,
  rope_scaling: null,
  no_rope_layers: null,
  tie_word_embeddings: true,
  initializer_range: 0.042,
  bos_token_id: 0,
  eos_token_id: 0,
};

async function train([dir = "", ...numbers]: readonly string[]): Promise<void> {
  const [workers = 2, first = 1, last = 1] = numbers.map(Number);
  const [rows, cols] = [12, 8];
  await using spheres = await openSpheres({ config: CONFIG, rows, cols, workers });
  const { layout, parameters, firstMoment, secondMoment } = spheres;
  if (first === 1) initParameters(parameters, { config: CONFIG, layout, seed: 1 });
  else await loadCheckpoint(dir, { layout, into: { parameters, firstMoment, secondMoment } });
  await spheres.packWeights();
  console.log(`memory ${Math.round(spheres.bytes / 2 ** 20)} MiB`);
  for (let step = first; step <= last; step++) {
    const inputIds = Int32Array.from({ length: rows * cols }, (_, i) => (i * 977 + step) % 49152);
    const targetIds = inputIds.map((id) => (id * 31 + 7) % 49152);
    const mask = inputIds.map(() => 1);
    const begun = performance.now();
    const { loss } = await spheres.step(
      { inputIds, targetIds, mask, rows, cols, validTokens: rows * cols },
      { ...GOLDEN_STEP, step },
    );
    console.log(`step ${step} loss ${loss} in ${Math.round(performance.now() - begun)} ms`);
    if (step === last) break;
    const snapshot = { step, totalTokens: step * rows * cols, cursors: {} };
    const areas = { parameters, firstMoment, secondMoment };
    await saveCheckpoint(dir, { config: CONFIG, layout, snapshot: { ...snapshot, ...areas } });
    console.log(`saved ${step}`);
  }
  const hash = createHash("sha256");
  for (const area of [parameters, firstMoment, secondMoment]) {
    // Copied in pieces: the hash takes no shared memory.
    for (let at = 0; at < area.length; at += 1 << 22) hash.update(area.slice(at, at + (1 << 22)));
  }
  console.log(`digest ${hash.digest("hex")}`);
}

if (import.meta.main) await train(Deno.args);

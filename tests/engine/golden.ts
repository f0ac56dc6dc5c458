/**
 * The small random models of tests/fixtures/goldens with the logits that PyTorch computed, and a
 * tokenizer for them.
 *
 * @module
 */
import type { ModelConfig } from "../../model/config.ts";
import { initFromFolder, readModelConfig } from "../../model/checkpoint/mod.ts";
import { createLayout, type Layout } from "../../model/layout.ts";
import { exportOnnx } from "../../model/onnx/mod.ts";
import { openSafetensors } from "../../model/safetensors/mod.ts";
import type { TextCodec } from "../../engine/text_codec.ts";

/** Grouped-query attention with its own head; multi-head attention with a tied one. */
export const GOLDENS = ["gqa_untied", "mha_tied"] as const;
/** Those with biases, norms of heads, and scaled rotary frequencies. */
export const FAMILIES = ["qwen2_untied", "qwen3_tied", "llama3_rope", "llama3_rope_wide"] as const;

/** A golden model and what it should say. */
export interface Golden {
  readonly config: ModelConfig;
  readonly layout: Layout;
  readonly parameters: Float32Array;
  /** `[4][19]` */
  readonly inputIds: readonly (readonly number[])[];
  /** PyTorch's logits `[V]` after token `col` of `row`. */
  logits(row: number, col: number): Float32Array;
}

/** Reads a golden model. */
export async function readGolden(
  name: typeof GOLDENS[number] | typeof FAMILIES[number],
): Promise<Golden> {
  const dir = new URL(`../fixtures/goldens/${name}`, import.meta.url).pathname;
  const config = await readModelConfig(dir);
  const layout = createLayout(config);
  const parameters = new Float32Array(layout.length);
  await initFromFolder(dir, { layout, parameters });
  const { inputIds } = JSON.parse(await Deno.readTextFile(`${dir}/batch.json`));
  const [B, T, V] = [inputIds.length, inputIds[0].length, config.vocab_size];
  const logits = new Float32Array(B * T * V);
  using expected = await openSafetensors(`${dir}/expected.safetensors`);
  expected.readInto("logits", logits);
  return {
    config,
    layout,
    parameters,
    inputIds,
    logits: (row, col) => logits.subarray((row * T + col) * V, (row * T + col + 1) * V),
  };
}

/** The grouped-query golden as an ONNX file. */
export async function goldenModel(): Promise<{ model: Uint8Array; config: ModelConfig }> {
  const golden = await readGolden("gqa_untied");
  return { model: exportOnnx(golden), config: golden.config };
}

/** One printable character a token; `endOfTextId` may be one that the model never makes. */
export function characterCodec({ endOfTextId = 2 }: { endOfTextId?: number } = {}): TextCodec {
  return {
    encode: (text) => Array.from(text, (character) => (character.charCodeAt(0) + 28) % 61),
    decodeStream: () => ({ push: (id) => String.fromCharCode(33 + id), flush: () => "" }),
    endOfTextId,
    vocabSize: 61,
    bytesOf: (id) => id >= 0 && id < 61 ? Uint8Array.of(33 + id) : undefined,
    isSpecial: (id) => id === endOfTextId,
  };
}

/** Largest absolute difference. */
export function distance(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) {
    throw new RangeError(`Cannot compare ${actual.length} numbers with ${expected.length}`);
  }
  return actual.reduce((most, x, i) => Math.max(most, Math.abs(x - (expected[i] ?? NaN))), 0);
}

import { assert, assertEquals, assertRejects } from "@std/assert";
import OpenAI from "openai";
import { createApp } from "../../../serve/app.ts";
import { loadAdapter } from "../../../model/checkpoint/mod.ts";
import { LORA_TARGETS, mergeAdapter } from "../../../model/lora.ts";
import { openClient } from "./client.ts";
import { openWasmEngine, Scheduler } from "../../../engine/mod.ts";
import { characterCodec, readGolden } from "../../engine/golden.ts";
import { openApp } from "../golden_app.ts";

const golden = await readGolden("gqa_untied");

async function openEmbedding(cacheBytes = 1 << 20) {
  const { config, parameters } = golden;
  const engine = await openWasmEngine({ config, parameters, workers: 1, cacheBytes });
  const scheduler = new Scheduler(engine);
  const failures: unknown[] = [];
  const app = createApp({
    scheduler,
    codec: characterCodec(),
    modelName: "golden",
    onFailure: (error) => failures.push(error),
  });
  const client = await openClient(app);
  return {
    openai: client.openai,
    engine,
    failures,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
    },
  };
}

/** The head `[V, D]` times a hidden state: logits, but for the state's length. */
function logitsOf(embedding: readonly number[]): number[] {
  const { config: { vocab_size: V, hidden_size: D }, layout, parameters } = golden;
  const { offset } = layout.get("lm_head.weight");
  return Array.from(
    { length: V },
    (_, v) => embedding.reduce((sum, x, d) => sum + x * (parameters[offset + v * D + d] ?? NaN), 0),
  );
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * (y[i] ?? NaN), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

// The head is linear: of the mean of hidden states it makes the mean of the logits.
Deno.test("embeddings are PyTorch's hidden states, pooled and of length 1", async () => {
  await using opened = await openEmbedding();
  const { openai } = opened;
  const input = golden.inputIds.map((ids) => [...ids]);
  const asked = { model: "golden", input, encoding_format: "float" as const, pooling: "last" };
  const last = await openai.embeddings.create(asked);
  const mean = await openai.embeddings.create({ model: "golden", input, encoding_format: "float" });
  const tokens = input.reduce((sum, { length }) => sum + length, 0);
  assertEquals(mean.usage, { prompt_tokens: tokens, total_tokens: tokens });
  for (const [row, ids] of input.entries()) {
    const logits = ids.map((_, col) => Array.from(golden.logits(row, col)));
    const [lastOf, meanOf] = [last, mean].map(({ data }) => data[row]?.embedding ?? []);
    for (const embedding of [lastOf, meanOf]) {
      assert(Math.abs(Math.hypot(...embedding ?? []) - 1) < 1e-6);
    }
    const average = Array.from(
      { length: golden.config.vocab_size },
      (_, v) => logits.reduce((sum, each) => sum + (each[v] ?? NaN), 0) / ids.length,
    );
    assert(cosine(logitsOf(lastOf ?? []), logits.at(-1) ?? []) > 1 - 1e-6);
    assert(cosine(logitsOf(meanOf ?? []), average) > 1 - 1e-6);
  }
  assertEquals(opened.engine.cache.usedBytes, 0);
  assertEquals(opened.failures, []);
});

Deno.test("a text has the same embedding alone and among others, known or not", async () => {
  await using opened = await openEmbedding();
  const { openai } = opened;
  const texts = ["2%", "a longer text, of more than one page of tokens: 0123456789", "b"];
  // The client asks for base64 and decodes it.
  const all = await openai.embeddings.create({ model: "golden", input: texts });
  for (const [index, input] of texts.entries()) {
    await openai.completions.create({ model: "golden", prompt: input, max_tokens: 1 });
    const { data } = await openai.embeddings.create({ model: "golden", input });
    assertEquals(data[0]?.embedding, all.data[index]?.embedding);
  }
  const floats = await openai.embeddings.create({
    model: "golden",
    input: texts,
    encoding_format: "float",
  });
  assertEquals(floats.data, all.data);
});

Deno.test("an adapter embeds by its name as the model that has it merged does", async () => {
  const lora = { rank: 4, alpha: 8, targets: LORA_TARGETS };
  const folder = new URL("../../fixtures/goldens/lora", import.meta.url).pathname;
  const adapter = await loadAdapter(folder, { lora, base: golden.layout });
  const merged = golden.parameters.slice();
  mergeAdapter(merged, { adapter: adapter.parameters, layout: adapter.layout, lora });
  const input = [...golden.inputIds[0] ?? []];
  const embeddingOf = async (model: string, parameters: Float32Array) => {
    await using engine = await openWasmEngine({
      ...golden,
      parameters,
      workers: 1,
      cacheBytes: 1 << 20,
      adapters: [{ name: "tuned", lora, parameters: adapter.parameters }],
    });
    const adapters = new Map([["tuned", { stopIds: new Set<number>() }]]);
    const scheduler = new Scheduler(engine);
    const codec = characterCodec();
    const app = createApp({ scheduler, codec, modelName: "golden", adapters, onFailure() {} });
    await using client = await openClient(app);
    const asked = { model, input, encoding_format: "float" as const };
    await assertRejects(
      () => client.openai.embeddings.create({ ...asked, model: "none" }),
      OpenAI.NotFoundError,
    );
    const { data, model: named } = await client.openai.embeddings.create(asked);
    assertEquals(named, model);
    return data[0]?.embedding ?? [];
  };
  const tuned = await embeddingOf("tuned", golden.parameters);
  assert(cosine(tuned, await embeddingOf("golden", golden.parameters)) < 0.999);
  const near = await embeddingOf("golden", merged);
  for (const [i, x] of tuned.entries()) assert(Math.abs(x - (near[i] ?? NaN)) < 1e-5);
});

Deno.test("what cannot be embedded is refused by the name of its field", async () => {
  await using opened = await openEmbedding();
  const refused = async (fields: object): Promise<unknown[]> => {
    const body = { model: "golden", input: "a", ...fields };
    const error = await assertRejects(
      () => opened.openai.embeddings.create(body as never),
      OpenAI.APIError,
    );
    return [error.status, error.param];
  };
  assertEquals(await refused({ input: "" }), [400, "input"]);
  assertEquals(await refused({ input: ["a", ""] }), [400, "input.1"]);
  assertEquals(await refused({ input: [] }), [400, "input"]);
  assertEquals(await refused({ input: [[1], [61]] }), [400, "input.1"]);
  assertEquals(await refused({ input: "a".repeat(200) }), [400, "input"]);
  assertEquals(await refused({ dimensions: 7 }), [400, "dimensions"]);
  assertEquals(await refused({ pooling: "max" }), [400, "pooling"]);
  assertEquals(await refused({ model: "other" }), [404, "model"]);
  assertEquals(opened.failures, []);
  await using onnx = await openApp();
  const response = await onnx.app.request("/v1/embeddings", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ input: "a" }),
  });
  assertEquals([response.status, (await response.json()).error.param], [400, "model"]);
});

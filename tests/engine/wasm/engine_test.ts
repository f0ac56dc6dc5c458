import { assert, assertEquals, assertLess, assertRejects, assertThrows } from "@std/assert";
import { exportOnnx } from "../../../model/onnx/mod.ts";
import { type Engine, NoRoomError, type Sequence } from "../../../engine/engine.ts";
import { openOnnxEngine } from "../../../engine/onnx/engine.ts";
import { argmax } from "../../../engine/sampling/distribution.ts";
import { scoreToken } from "../../../engine/sampling/logprobs.ts";
import {
  openWasmEngine,
  type WasmEngineOptions,
  WEIGHT_FORMATS,
} from "../../../engine/wasm/mod.ts";
import { parseConfig } from "../../../model/config_json.ts";
import type { KvFormat } from "../../../kernels/mod.ts";
import { planEngine } from "../../../engine/wasm/plan.ts";
import { distance, FAMILIES, type Golden, GOLDENS, readGolden } from "../golden.ts";

const CACHE = 1 << 20;

function openGolden(golden: Golden, options: Partial<WasmEngineOptions> = {}): Promise<Engine> {
  const { config, parameters } = golden;
  return openWasmEngine({ config, parameters, workers: 2, cacheBytes: CACHE, ...options });
}

/** Logits after `promptIds` and then after `count - 1` likeliest tokens, with others beside it. */
async function continued(
  engine: Engine,
  { promptIds, count, beside = [] }: { promptIds: number[]; count: number; beside?: number[][] },
): Promise<Float32Array[]> {
  using stack = new DisposableStack();
  const sequences = [promptIds, ...beside].map((ids) => stack.use(engine.createSequence(ids)));
  const all: Float32Array[] = [];
  let wanting = sequences.toReversed();
  while (all.length < count) {
    const results = await engine.step(wanting);
    wanting = wanting.filter((sequence, i) => {
      const logits = results[i];
      if (!logits) return true;
      if (sequence === sequences[0]) all.push(logits.slice());
      if (sequence.length + 1 >= engine.config.max_position_embeddings) return false;
      sequence.append(argmax(logits));
      return true;
    });
  }
  return all;
}

/** Logits after each of some tokens. */
async function followed(engine: Engine, [first = NaN, ...rest]: number[]): Promise<Float32Array[]> {
  using sequence = engine.createSequence([first]);
  const all: Float32Array[] = [];
  for (const next of [...rest, 0]) {
    const [logits] = await engine.step([sequence]);
    all.push(logits?.slice() ?? new Float32Array());
    sequence.append(next);
  }
  return all;
}

/** Nats per token, over rows that are gone through side by side. */
async function meanLoss(engine: Engine, rows: Golden["inputIds"]): Promise<number> {
  using stack = new DisposableStack();
  const sequences = rows.map((ids) => stack.use(engine.createSequence(ids.slice(0, 1))));
  let sum = 0, count = 0;
  for (let at = 1; at < (rows[0]?.length ?? 0); at++) {
    for (const [row, logits] of (await engine.step(sequences)).entries()) {
      const next = rows[row]?.[at] ?? NaN;
      sum -= scoreToken(logits ?? new Float32Array(), { id: next, top: 0 }).logprob;
      count++;
      sequences[row]?.append(next);
    }
  }
  return sum / count;
}

for (const name of GOLDENS) {
  Deno.test(`wasm, ${name}: PyTorch's logits, whatever the prompt chunk and workers`, async () => {
    const golden = await readGolden(name);
    const prompt = [...golden.inputIds[0] ?? []];
    for (const [promptChunk, workers] of [[1, 1], [7, 3], [19, 2]] as const) {
      await using engine = await openGolden(golden, { promptChunk, workers });
      using sequence = engine.createSequence(prompt);
      let steps = 1;
      let [logits] = await engine.step([sequence]);
      for (; !logits; steps++) [logits] = await engine.step([sequence]);
      assertLess(distance(logits, golden.logits(0, 18)), 1e-4);
      assertEquals(steps, Math.ceil(19 / promptChunk));
    }
  });

  Deno.test(`wasm, ${name}: PyTorch's logits after every appended token`, async () => {
    const golden = await readGolden(name);
    await using engine = await openGolden(golden);
    const [first = NaN, ...rest] = golden.inputIds[1] ?? [];
    using sequence = engine.createSequence([first]);
    for (const [col, next] of [...rest, 0].entries()) {
      const [logits] = await engine.step([sequence]);
      assert(logits);
      assertLess(distance(logits, golden.logits(1, col)), 1e-4);
      sequence.append(next);
    }
  });

  Deno.test(`wasm, ${name}: the logits of the onnx engine up to the end of the context`, async () => {
    const golden = await readGolden(name);
    await using wasm = await openGolden(golden);
    await using onnx = await openOnnxEngine({ model: exportOnnx(golden), config: golden.config });
    const [ours, theirs] = await Promise.all(
      [wasm, onnx].map((engine) => continued(engine, { promptIds: [17, 4, 30, 8], count: 59 })),
    );
    for (const [i, logits] of (ours ?? []).entries()) {
      assertLess(distance(logits, theirs?.[i] ?? new Float32Array()), 1e-4);
    }
  });
}

for (const name of FAMILIES) {
  Deno.test(`wasm, ${name}: PyTorch's logits in one chunk and several, and those of the onnx engine`, async () => {
    const golden = await readGolden(name);
    const [prompt = []] = golden.inputIds;
    await using engine = await openGolden(golden, { promptChunk: 7 });
    for (const length of [1, 5, prompt.length]) {
      using sequence = engine.createSequence(prompt.slice(0, length));
      let [logits] = await engine.step([sequence]);
      while (!logits) [logits] = await engine.step([sequence]);
      assertLess(distance(logits, golden.logits(0, length - 1)), 1e-4);
    }
    await using onnx = await openOnnxEngine({ model: exportOnnx(golden), config: golden.config });
    const [ours, theirs] = await Promise.all(
      [engine, onnx].map((engine) => continued(engine, { promptIds: [17, 4, 30, 8], count: 40 })),
    );
    for (const [i, logits] of (ours ?? []).entries()) {
      assertLess(distance(logits, theirs?.[i] ?? new Float32Array()), 1e-4);
    }
    // One of a pass's rows has the bits that it has alone, biases and norms included.
    const many = { promptIds: [17, 4, 30, 8], count: 4, beside: [[1], [9, 9, 9], [...prompt]] };
    assertEquals(await continued(engine, many), ours?.slice(0, 4));
  });
}

for (
  const [weights, kv] of [["f32", "f32"], ["int8", "f32"], ["f32", "f16"], ["f32", "int8"]] as const
) {
  Deno.test(`wasm, ${weights}, kv ${kv}: the same bits alone and among others, for any chunk, workers and reuse`, async () => {
    const golden = await readGolden("gqa_untied");
    const promptIds = Array.from({ length: 45 }, (_, i) => (i * 7 + 3) % 61);
    await using alone = await openGolden(golden, { workers: 1, weights, kv });
    const expected = await continued(alone, { promptIds, count: 12 });
    // Its first page is known now.
    assertEquals(await continued(alone, { promptIds, count: 12 }), expected);
    const others = [[1], [9, 9, 9, 9, 9, 9, 9], promptIds.slice(0, 40), [...promptIds]];
    const many = Array.from({ length: 15 }, (_, i) => Array.from({ length: i + 1 }, () => i));
    for (
      const [workers, promptChunk, beside, simd256] of [
        [2, 256, others, false],
        [2, 5, others, true],
        [3, 1, many, false],
        [2, 1, many, true],
        [1, 33, many, false],
        [1, 256, many, true],
      ] as const
    ) {
      await using engine = await openGolden(golden, { workers, promptChunk, weights, kv, simd256 });
      const found = await continued(engine, { promptIds, count: 12, beside: [...beside] });
      assertEquals(found, expected, `workers ${workers}, chunk ${promptChunk}, simd256 ${simd256}`);
    }
  });
}

Deno.test("wasm, int8: a loss within 1 % of f32", async () => {
  for (const name of GOLDENS) {
    const golden = await readGolden(name);
    const losses = await Promise.all(WEIGHT_FORMATS.map(async (weights) => {
      await using engine = await openGolden(golden, { weights });
      return await meanLoss(engine, golden.inputIds);
    }));
    const [f32 = NaN, int8 = NaN] = losses;
    assertLess(Math.abs(int8 / f32 - 1), 0.01, `${name}: ${int8} against ${f32}`);
    assert(int8 !== f32);
  }
});

Deno.test("wasm: keys and values in f16 and int8 take their part of the memory, for a small error", async () => {
  const sizes = { f32: 1, f16: 1 / 2, int8: 1 / 4 + 1 / 16 };
  for (const name of GOLDENS) {
    const golden = await readGolden(name);
    const measure = async (kv: KvFormat) => {
      await using engine = await openGolden(golden, { kv });
      const logits = await followed(engine, [...golden.inputIds[0] ?? []]);
      const { totalBytes, pages } = engine.cache;
      const page = totalBytes / (pages?.total ?? NaN);
      return { logits, page, loss: await meanLoss(engine, golden.inputIds) };
    };
    const exact = await measure("f32");
    for (const [kv, most] of [["f16", 0.002], ["int8", 0.1]] as const) {
      const { logits, page, loss } = await measure(kv);
      const far = logits.map((row, i) => distance(row, exact.logits[i] ?? new Float32Array()));
      assertLess(Math.max(...far), most, `${name}, ${kv}`);
      assert(Math.max(...far) > 0);
      assertLess(Math.abs(loss / exact.loss - 1), most / 10, `${name}, ${kv}`);
      // Head dimensions of 8 have a scale for each eight bytes.
      assertLess(page / exact.page, sizes[kv] + (kv === "int8" ? 0.07 : 1e-9));
    }
  }
});

Deno.test("wasm: more sequences than a pass holds, in one step", async () => {
  const golden = await readGolden("gqa_untied");
  await using engine = await openGolden(golden, { cacheBytes: 4 << 20 });
  const [expected] = await continued(engine, { promptIds: [5], count: 1 });
  using stack = new DisposableStack();
  const sequences = Array.from(
    { length: 300 },
    () => stack.use(engine.createSequence([5], { maxTokens: 1 })),
  );
  const results = await engine.step(sequences);
  for (const logits of results) assertEquals(logits, expected);
});

Deno.test("wasm: a prompt that begins like an earlier text reuses its pages", async () => {
  const golden = await readGolden("gqa_untied");
  await using engine = await openGolden(golden);
  const text = Array.from({ length: 50 }, (_, i) => (i * 5 + 1) % 61);
  const first = engine.createSequence(text);
  assertEquals(first.reused, 0);
  await engine.step([first]);
  // Its pages are known while it still runs, and after it.
  using second = engine.createSequence([...text.slice(0, 32), 60]);
  first[Symbol.dispose]();
  using third = engine.createSequence([...text.slice(0, 40)]);
  using exact = engine.createSequence(text.slice(0, 32));
  using other = engine.createSequence([60, ...text.slice(1)]);
  assertEquals([second, third, exact, other].map(({ reused }) => reused), [32, 32, 0, 0]);
});

Deno.test("wasm: pages are set aside for the whole answer, and given back", async () => {
  const golden = await readGolden("gqa_untied");
  await using engine = await openGolden(golden, { cacheBytes: 1 });
  const { totalBytes } = engine.cache;
  const sequences: Sequence[] = [];
  const full = () => sequences.push(engine.createSequence([1, 2], { maxTokens: 30 }));
  assertThrows(
    () => {
      for (;;) full();
    },
    NoRoomError,
    "Cannot begin a sequence of 32 tokens: 0 of ",
  );
  assertEquals(engine.cache.usedBytes, totalBytes);
  for (const sequence of sequences) sequence[Symbol.dispose]();
  sequences[0]?.[Symbol.dispose]();
  assertEquals(engine.cache.usedBytes, 0);
});

Deno.test("wasm: prompts that do not fit the model are refused", async () => {
  await using engine = await openGolden(await readGolden("gqa_untied"));
  const cases: [number[], string][] = [
    [[], "it has no tokens"],
    [new Array(64).fill(1), "it has 64 tokens, and the model's context of 64"],
    [[1, 61], "token 1 is 61, not an id from 0 to 60"],
  ];
  for (const [ids, message] of cases) {
    assertThrows(() => engine.createSequence(ids), RangeError, message);
  }
  const foreign = { length: 1, reused: 0, append: () => {}, [Symbol.dispose]: () => {} };
  await assertRejects(() => engine.step([foreign]), TypeError, "another engine");
});

Deno.test("wasm: a worker that traps fails this step and every later one", async () => {
  const golden = await readGolden("mha_tied");
  await using engine = await openGolden(golden);
  const sequence = engine.createSequence([1]);
  // An embedding 2 GiB away is past the end of the memory.
  sequence.append(Math.floor(2 ** 31 / golden.config.hidden_size / 4));
  await assertRejects(() => engine.step([sequence]), Error, "Cannot go on: worker ");
  await assertRejects(() => engine.step([engine.createSequence([1])]), Error, "Cannot go on");
});

Deno.test("wasm: a context that cannot be addressed is as long as the cache holds", () => {
  // The shape of Qwen3-0.6B, whose 40,960 tokens take 9 GiB of keys and values.
  const fields = {
    ...{ model_type: "qwen3", vocab_size: 151936, hidden_size: 1024, intermediate_size: 3072 },
    ...{ num_hidden_layers: 28, num_attention_heads: 16, num_key_value_heads: 8, head_dim: 128 },
    ...{ max_position_embeddings: 40960, rms_norm_eps: 1e-6, tie_word_embeddings: true },
  };
  const config = parseConfig(JSON.stringify(fields), { source: "config.json" });
  const cacheBytes = 256 << 20;
  for (const format of WEIGHT_FORMATS) {
    const plan = planEngine({ config, workers: 2, cacheBytes, format });
    const tokenBytes = 2 * 28 * 8 * 128 * 4;
    const tokens = plan.config.max_position_embeddings;
    assertEquals(tokens, Math.floor(cacheBytes / (tokenBytes * 32)) * 32);
    assertLess(plan.bytes, 2 ** 32);
  }
});

Deno.test("wasm: settings that cannot work are refused when opening", async () => {
  const golden = await readGolden("mha_tied");
  await assertRejects(() => openGolden(golden, { workers: 0 }), RangeError, "workers");
  await assertRejects(
    () => openGolden(golden, { cacheBytes: 2 ** 32 }),
    RangeError,
    "WebAssembly addresses 4096; use a smaller cache",
  );
});

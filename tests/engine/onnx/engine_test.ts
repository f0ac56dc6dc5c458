import { assert, assertEquals, assertLess, assertRejects, assertThrows } from "@std/assert";
import { exportOnnx } from "../../../model/onnx/mod.ts";
import type { Engine } from "../../../engine/engine.ts";
import { argmax } from "../../../engine/sampling/distribution.ts";
import { openOnnxEngine } from "../../../engine/onnx/engine.ts";
import { distance, goldenModel, GOLDENS, readGolden } from "../golden.ts";

/** Logits after each of `ids`, and then of `count` likeliest tokens more. */
async function continued(
  engine: Engine,
  { promptIds, count, beside = [] }: { promptIds: number[]; count: number; beside?: number[][] },
): Promise<Float32Array[]> {
  using sequence = engine.createSequence(promptIds);
  using stack = new DisposableStack();
  const others = beside.map((ids) => stack.use(engine.createSequence(ids)));
  const all: Float32Array[] = [];
  while (all.length < count) {
    const [logits, ...rest] = await engine.step([sequence, ...others]);
    for (const [i, other] of others.entries()) {
      const theirs = rest[i];
      if (theirs) other.append(argmax(theirs));
    }
    if (!logits) continue;
    all.push(logits.slice());
    sequence.append(argmax(logits));
  }
  return all;
}

for (const name of GOLDENS) {
  Deno.test(`${name}: the engine has PyTorch's logits, whatever the prompt chunk`, async () => {
    const golden = await readGolden(name);
    const prompt = [...golden.inputIds[0] ?? []];
    for (const promptChunk of [1, 7, 19, 128]) {
      await using engine = await openOnnxEngine({
        model: exportOnnx(golden),
        config: golden.config,
        promptChunk,
      });
      using sequence = engine.createSequence(prompt);
      assertEquals(sequence.length, 19);
      let steps = 1;
      let [logits] = await engine.step([sequence]);
      for (; !logits; steps++) [logits] = await engine.step([sequence]);
      assertLess(distance(logits, golden.logits(0, 18)), 1e-4);
      assertEquals(steps, Math.ceil(19 / promptChunk));
    }
  });
}

Deno.test("appended tokens continue the text", async () => {
  const golden = await readGolden("gqa_untied");
  await using engine = await openOnnxEngine({ model: exportOnnx(golden), config: golden.config });
  const [first = NaN, ...rest] = golden.inputIds[1] ?? [];
  using sequence = engine.createSequence([first]);
  for (const [col, next] of [...rest, NaN].entries()) {
    const [logits] = await engine.step([sequence]);
    assert(logits);
    assertLess(distance(logits, golden.logits(1, col)), 1e-4);
    sequence.append(next);
  }
});

Deno.test("a sequence has bit for bit the same logits alone and among others", async () => {
  await using engine = await openOnnxEngine(await goldenModel());
  const promptIds = [17, 4, 33, 8];
  const alone = await continued(engine, { promptIds, count: 12 });
  const beside = [[1], [9, 9, 9, 9, 9, 9, 9], promptIds];
  assertEquals(await continued(engine, { promptIds, count: 12, beside }), alone);
});

Deno.test("a model is opened from a file too", async () => {
  const { model, config } = await goldenModel();
  const path = await Deno.makeTempFile({ suffix: ".onnx" });
  try {
    await Deno.writeFile(path, model);
    await using engine = await openOnnxEngine({ model: path, config });
    using sequence = engine.createSequence([1]);
    assertEquals((await engine.step([sequence]))[0]?.length, 61);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("prompts that do not fit the model are refused", async () => {
  await using engine = await openOnnxEngine(await goldenModel());
  const cases: [number[], string][] = [
    [[], "it has no tokens"],
    [new Array(64).fill(1), "it has 64 tokens, and the model's context of 64"],
    [[1, 61], "token 1 is 61, not an id from 0 to 60"],
    [[-1], "token 0 is -1"],
    [[0.5], "token 0 is 0.5"],
    [[NaN], "token 0 is NaN"],
  ];
  for (const [ids, message] of cases) {
    assertThrows(() => engine.createSequence(ids), RangeError, message);
  }
  engine.createSequence(new Array(63).fill(1))[Symbol.dispose]();
});

Deno.test("files and settings that cannot work are refused when opening", async () => {
  const { model, config } = await goldenModel();
  const other = { ...config, num_hidden_layers: 3 };
  await assertRejects(
    () => openOnnxEngine({ model, config: other }),
    TypeError,
    "past_key_values.2.key",
  );
  await assertRejects(() => openOnnxEngine({ model: Uint8Array.of(1, 2, 3), config }), Error);
  await assertRejects(() => openOnnxEngine({ model, config, threads: 0 }), RangeError, "threads");
  await openOnnxEngine({ model, config }).then((engine) => engine[Symbol.asyncDispose]());
  await assertRejects(
    () => openOnnxEngine({ model, config, threads: 2 }),
    RangeError,
    "already uses 1",
  );
});

Deno.test("a sequence of something else is refused", async () => {
  await using engine = await openOnnxEngine(await goldenModel());
  const foreign = { length: 1, reused: 0, append: () => {}, [Symbol.dispose]: () => {} };
  await assertRejects(() => engine.step([foreign]), TypeError, "another engine");
});

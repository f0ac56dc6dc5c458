import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { openWasmEngine } from "../../../engine/mod.ts";
import { loadAdapter } from "../../../model/checkpoint/mod.ts";
import { LORA_TARGETS, mergeAdapter } from "../../../model/lora.ts";
import { openSafetensors } from "../../../model/safetensors/mod.ts";
import { readGolden } from "../golden.ts";

/** An adapter of PEFT on a golden model, and the logits that it gives. */
const DIR = new URL("../../fixtures/goldens/lora", import.meta.url).pathname;

const golden = await readGolden("gqa_untied");
const lora = { rank: 4, alpha: 8, targets: LORA_TARGETS };
const { parameters } = await loadAdapter(DIR, { lora, base: golden.layout });
const [B, T] = [golden.inputIds.length, golden.inputIds[0]?.length ?? 0];
const { vocab_size: V } = golden.config;
const adapted = new Float32Array(B * T * V);
{
  using expected = await openSafetensors(`${DIR}/expected.safetensors`);
  expected.readInto("logits", adapted);
}

/** A second adapter: the first at half its scale, of some matrices alone. */
const half = { ...lora, alpha: 4 };

function open(options: Partial<Parameters<typeof openWasmEngine>[0]> = {}) {
  return openWasmEngine({
    ...golden,
    cacheBytes: 1 << 20,
    adapters: [{ name: "peft", lora, parameters }, { name: "half", lora: half, parameters }],
    ...options,
  });
}

function assertNear(actual: Float32Array, wanted: Float32Array, what: string): void {
  const most = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  wanted.forEach((value, i) => assertAlmostEquals(actual[i] ?? NaN, value, 2e-5 * most, what));
}

Deno.test("sequences of several adapters and of none share a step, each with its own logits", async () => {
  await using engine = await open();
  const merged = golden.parameters.slice();
  const { layout } = await loadAdapter(DIR, { lora: half, base: golden.layout });
  mergeAdapter(merged, { adapter: parameters, layout, lora: half });
  await using other = await openWasmEngine({ ...golden, parameters: merged, cacheBytes: 1 << 20 });
  const prompts = golden.inputIds.map((ids) => ids.slice(0, 9));
  const names = ["peft", undefined, "half"];
  const sequences = prompts.flatMap((ids) =>
    names.map((adapter) => engine.createSequence(ids, adapter === undefined ? {} : { adapter }))
  );
  const logits = (await engine.step(sequences)).map((each) => each?.slice());
  for (const [row, ids] of prompts.entries()) {
    const at = (row * T + 8) * V;
    const [peft, none, halved] = logits.slice(row * names.length);
    assert(peft && none && halved);
    assertNear(peft, adapted.subarray(at, at + V), `adapter, row ${row}`);
    assertNear(none, golden.logits(row, 8), `none, row ${row}`);
    using alone = other.createSequence(ids);
    const [wanted] = await other.step([alone]);
    assert(wanted);
    assertNear(halved, wanted, `half, row ${row}`);
    // The same bits by itself.
    for (const sequence of sequences.splice(0)) sequence[Symbol.dispose]();
    using single = engine.createSequence(ids, { adapter: "peft" });
    assertEquals((await engine.step([single]))[0], peft);
  }
});

Deno.test("texts of different adapters share no page, and those of the same do", async () => {
  await using engine = await open();
  const ids = Array.from({ length: 40 }, (_, i) => i);
  const reusedBy = async (adapter?: string) => {
    using sequence = engine.createSequence(ids, adapter === undefined ? {} : { adapter });
    await engine.step([sequence]);
    return sequence.reused;
  };
  assertEquals([await reusedBy("peft"), await reusedBy("half"), await reusedBy()], [0, 0, 0]);
  const again = [await reusedBy("peft"), await reusedBy("half"), await reusedBy()];
  assert(again.every((reused) => reused > 0));
  assertThrows(() => engine.createSequence(ids, { adapter: "x" }), RangeError, "no adapter x");
});

Deno.test("an adapter stands beside weights in int8 too", async () => {
  await using engine = await open({ weights: "int8" });
  await using exact = await open();
  const ids = golden.inputIds[0]?.slice(0, 9) ?? [];
  const run = async (of: typeof engine, adapter?: string) => {
    using sequence = of.createSequence(ids, adapter === undefined ? {} : { adapter });
    return (await of.step([sequence]))[0]?.slice() ?? new Float32Array();
  };
  const apart = (a: Float32Array, b: Float32Array) =>
    Math.sqrt(a.reduce((sum, value, i) => sum + (value - (b[i] ?? NaN)) ** 2, 0));
  const [int8, f32, plain] = [
    await run(engine, "peft"),
    await run(exact, "peft"),
    await run(exact),
  ];
  assert(apart(int8, f32) < 0.2 * apart(plain, f32));
});

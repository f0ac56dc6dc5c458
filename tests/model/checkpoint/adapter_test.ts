import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import {
  formatAdapterConfig,
  initFromFolder,
  loadAdapter,
  readAdapter,
  readModelConfig,
} from "../../../model/checkpoint/mod.ts";
import { createLayout } from "../../../model/layout.ts";
import { LORA_TARGETS, loraScale } from "../../../model/lora.ts";
import { GOLDENS } from "./fixture.ts";

/** An adapter as PEFT wrote it, and what it says of merged matrices. */
const ADAPTER = join(GOLDENS, "lora");
const BASE = join(GOLDENS, "gqa_untied");

async function copyAdapter(change: Record<string, unknown>): Promise<string> {
  const dir = await Deno.makeTempDir({ prefix: "cllm-" });
  addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));
  const name = "adapter_config.json";
  const config = JSON.parse(await Deno.readTextFile(join(ADAPTER, name)));
  await Deno.writeTextFile(join(dir, name), JSON.stringify({ ...config, ...change }));
  const weights = "adapter_model.safetensors";
  await Deno.copyFile(join(ADAPTER, weights), join(dir, weights));
  return dir;
}

Deno.test("a folder of PEFT is its base with the adapter merged in", async () => {
  const dir = await copyAdapter({ base_model_name_or_path: BASE });
  const config = await readModelConfig(dir);
  const layout = createLayout(config);
  const [merged, plain] = [new Float32Array(layout.length), new Float32Array(layout.length)];
  await initFromFolder(dir, { layout, parameters: merged });
  await initFromFolder(BASE, { layout, parameters: plain });
  for (const { name, offset, size } of layout.parameters) {
    const isSame = merged.subarray(offset, offset + size)
      .every((value, at) => value === plain[offset + at]);
    assertEquals(isSame, !LORA_TARGETS.some((target) => name.includes(target)), name);
  }
});

Deno.test("what an adapter says of itself is read, and written as PEFT reads it", async () => {
  const found = await readAdapter(ADAPTER);
  assert(found);
  assertEquals(found.base, "base");
  assertEquals([found.lora.rank, found.lora.alpha], [4, 8]);
  assertEquals([...found.lora.targets].sort(), [...LORA_TARGETS].sort());
  const dir = await copyAdapter(JSON.parse(formatAdapterConfig(found.lora, BASE)));
  assertEquals(await readAdapter(dir), { lora: found.lora, base: BASE });
  const scaled = await readAdapter(await copyAdapter({ use_rslora: true }));
  assert(scaled);
  assertEquals(loraScale(scaled.lora), 8 / Math.sqrt(4));
  assertEquals(await readAdapter(BASE), undefined);
});

Deno.test("adapters of another shape or kind are refused by name", async () => {
  const kinds: [Record<string, unknown>, string][] = [
    [{ peft_type: "LOHA" }, "peft_type"],
    [{ r: 0 }, "r: "],
    [{ use_dora: true }, "use_dora"],
    [{ modules_to_save: ["lm_head"] }, "modules_to_save"],
    [{ rank_pattern: { q_proj: 2 } }, "rank_pattern"],
    [{ target_modules: ["embed_tokens"] }, "target_modules"],
    [{ bias: "all" }, "bias"],
  ];
  for (const [change, said] of kinds) {
    const dir = await copyAdapter(change);
    await assertRejects(() => readAdapter(dir), SyntaxError, said);
  }
  const lora = { rank: 4, alpha: 8, targets: LORA_TARGETS };
  const layoutOf = async (name: string) => createLayout(await readModelConfig(join(GOLDENS, name)));
  await assertRejects(
    async () =>
      loadAdapter(ADAPTER, { lora: { ...lora, rank: 8 }, base: await layoutOf("gqa_untied") }),
    TypeError,
    "is [4,",
  );
  await assertRejects(
    async () => loadAdapter(ADAPTER, { lora, base: await layoutOf("mha_tied") }),
    TypeError,
  );
  await assertRejects(
    async () =>
      loadAdapter(ADAPTER, {
        lora: { ...lora, targets: ["q_proj"] },
        base: await layoutOf("gqa_untied"),
      }),
    TypeError,
    "has no place in this model",
  );
  const lost = await copyAdapter({ base_model_name_or_path: "nowhere" });
  const layout = await layoutOf("gqa_untied");
  await assertRejects(
    () => initFromFolder(lost, { layout, parameters: new Float32Array(layout.length) }),
    TypeError,
    "there is no folder nowhere",
  );
});

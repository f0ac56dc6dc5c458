import { assert, assertEquals, assertRejects } from "@std/assert";
import { presetConfig } from "../../../model/config.ts";
import { createLayout } from "../../../model/layout.ts";
import { initFromFolder, saveCheckpoint } from "../../../model/checkpoint/mod.ts";
import { writeSafetensors } from "../../../model/safetensors/mod.ts";
import { emptyAreas, goldenModel } from "./fixture.ts";
import { fileOf } from "../safetensors/fixture.ts";
import { withDir } from "../with_dir.ts";

Deno.test("initFromFolder reads f16 and bf16 in shards, and ignores what is redundant", async () => {
  const config = presetConfig("tiny", { vocabSize: 3, endOfTextId: 0 });
  const layout = createLayout({ ...config, num_hidden_layers: 1, tie_word_embeddings: true });
  for (const dtype of ["F16", "BF16"] as const) {
    await withDir(async (dir) => {
      const weight_map: Record<string, string> = {};
      for (const [i, { name, shape, size }] of layout.parameters.entries()) {
        const file = `model-${i}.safetensors`;
        weight_map[name] = file;
        // i + 1 is exact in both; a bfloat16 is the upper half of an f32.
        const half = dtype === "F16"
          ? new Float16Array([i + 1])
          : new Float32Array([i + 1]).buffer.slice(2);
        const [bits = 0] = new Uint16Array(half instanceof ArrayBuffer ? half : half.buffer);
        const data = new Uint8Array(new Uint16Array(size).fill(bits).buffer);
        const entry = { dtype, shape, data_offsets: [0, data.length] };
        await Deno.writeFile(`${dir}/${file}`, fileOf({ [name]: entry }, data));
      }
      const frequencies = "model.layers.0.self_attn.rotary_emb.inv_freq";
      weight_map[frequencies] = "old.safetensors";
      weight_map["lm_head.weight"] = "old.safetensors";
      await writeSafetensors(`${dir}/old.safetensors`, {
        tensors: [
          { name: frequencies, shape: [2], data: new Float32Array(2) },
          { name: "lm_head.weight", shape: [1], data: new Float32Array(1) },
        ],
      });
      const index = JSON.stringify({ metadata: {}, weight_map });
      await Deno.writeTextFile(`${dir}/model.safetensors.index.json`, index);
      const parameters = new Float32Array(layout.length);
      await initFromFolder(dir, { layout, parameters });
      for (const [i, { name, offset, size }] of layout.parameters.entries()) {
        const values = parameters.subarray(offset, offset + size);
        assert(values.every((value) => value === i + 1), `${dtype} ${name}`);
      }
    });
  }
});

Deno.test("initFromFolder refuses a foreign tensor, a missing head and a damaged checkpoint", async () => {
  await withDir(async (dir) => {
    const { config, layout, snapshot } = await goldenModel("mha_tied");
    const { parameters } = emptyAreas(layout);
    const tensors = layout.parameters.map(({ name, shape, size }) => ({
      name,
      shape,
      data: new Float32Array(size),
    }));
    const bias = "model.layers.0.self_attn.q_proj.bias";
    await writeSafetensors(`${dir}/model.safetensors`, {
      tensors: [...tensors, { name: bias, shape: [1], data: new Float32Array(1) }],
    });
    await assertRejects(
      () => initFromFolder(dir, { layout, parameters }),
      TypeError,
      `tensor ${bias} has no place in this model`,
    );
    const untied = createLayout({ ...config, tie_word_embeddings: false });
    await assertRejects(
      () => initFromFolder(dir, { layout: untied, ...emptyAreas(untied) }),
      TypeError,
      "it has no tensor lm_head.weight",
    );
    assert(parameters.every(Number.isNaN), "nothing may be filled");

    const path = `${dir}/step-000007`;
    await saveCheckpoint(path, { config, layout, snapshot });
    await initFromFolder(path, { layout, parameters });
    assertEquals(parameters[0], snapshot.parameters[0]);
    const bytes = await Deno.readFile(`${path}/model.safetensors`);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await Deno.writeFile(`${path}/model.safetensors`, bytes);
    await assertRejects(() => initFromFolder(path, { layout, parameters }), SyntaxError, "damaged");
  });
});

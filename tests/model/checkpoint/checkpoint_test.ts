import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import type { ModelConfig } from "../../../model/config.ts";
import { createLayout } from "../../../model/layout.ts";
import {
  loadCheckpoint,
  readCheckpointInfo,
  saveCheckpoint,
} from "../../../model/checkpoint/mod.ts";
import { openSafetensors } from "../../../model/safetensors/mod.ts";
import { emptyAreas, goldenModel, GOLDENS, namesIn, TOKENIZER_JSON } from "./fixture.ts";
import { withDir } from "../with_dir.ts";

for (const name of ["gqa_untied", "mha_tied"]) {
  Deno.test(`a saved checkpoint comes back to the bit: ${name}`, async () => {
    await withDir(async (dir) => {
      const { config, layout, snapshot } = await goldenModel(name);
      const run = { seed: 42, schedule: { kind: "cosine", warmup: 10 } };
      const path = `${dir}/checkpoints/step-000007`;
      await saveCheckpoint(path, { config, layout, snapshot, run, tokenizerJson: TOKENIZER_JSON });
      assertEquals(await namesIn(path), [
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "optimizer.safetensors",
        "state.json",
        "tokenizer.json",
        "tokenizer_config.json",
      ]);
      const into = emptyAreas(layout);
      const info = await loadCheckpoint(path, { layout, into });
      assertEquals(info.config, config);
      assertEquals([info.step, info.totalTokens], [7, 7000]);
      assertEquals(info.cursors, snapshot.cursors);
      assertEquals(info.run, run);
      for (const area of ["parameters", "firstMoment", "secondMoment"] as const) {
        for (const { name, offset, size } of layout.parameters) {
          const saved = new Uint8Array(snapshot[area].buffer, 4 * offset, 4 * size);
          const loaded = new Uint8Array(into[area].buffer, 4 * offset, 4 * size);
          assert(saved.every((byte, i) => byte === loaded[i]), `${area} ${name}`);
        }
      }
    });
  });

  Deno.test(`the saved model has the tensors that transformers saved: ${name}`, async () => {
    await withDir(async (dir) => {
      const { config, layout, snapshot } = await goldenModel(name);
      await saveCheckpoint(`${dir}/step-000007`, { config, layout, snapshot });
      using ours = await openSafetensors(`${dir}/step-000007/model.safetensors`);
      using theirs = await openSafetensors(`${GOLDENS}${name}/model.safetensors`);
      assertEquals([...ours.tensors.keys()].sort(), [...theirs.tensors.keys()].sort());
      assertEquals(ours.metadata.get("format"), "pt");
      for (const [tensor, { shape }] of theirs.tensors) {
        assertEquals(ours.tensors.get(tensor)?.shape, shape);
        const size = shape.reduce((a, b) => a * b);
        const [a, b] = [new Float32Array(size), new Float32Array(size)];
        ours.readInto(tensor, a);
        theirs.readInto(tensor, b);
        assertEquals(a, b);
      }
    });
  });
}

Deno.test("state.json holds the SHA-256 of every other file", async () => {
  await withDir(async (dir) => {
    const { config, layout, snapshot } = await goldenModel("mha_tied");
    const path = `${dir}/step-000007`;
    await saveCheckpoint(path, { config, layout, snapshot, tokenizerJson: TOKENIZER_JSON });
    const { files } = await readCheckpointInfo(path);
    const others = (await namesIn(path)).filter((name) => name !== "state.json");
    assertEquals(Object.keys(files).sort(), others);
    for (const name of others) {
      const bytes = await Deno.readFile(`${path}/${name}`);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      assertEquals(files[name], { bytes: bytes.length, sha256 }, name);
    }
  });
});

Deno.test("the tokenizer's special tokens are named for transformers", async () => {
  await withDir(async (dir) => {
    const { config, layout, snapshot } = await goldenModel("mha_tied");
    const path = `${dir}/step-000007`;
    await saveCheckpoint(path, { config, layout, snapshot, tokenizerJson: TOKENIZER_JSON });
    const read = async (name: string) => JSON.parse(await Deno.readTextFile(`${path}/${name}`));
    assertEquals(await read("tokenizer_config.json"), {
      tokenizer_class: "PreTrainedTokenizerFast",
      bos_token: "<|start|>",
      eos_token: "<|endoftext|>",
      pad_token: "<|pad|>",
      clean_up_tokenization_spaces: false,
      model_max_length: 64,
    });
    assertEquals(await read("generation_config.json"), {
      bos_token_id: 1,
      eos_token_id: 2,
      pad_token_id: 3,
      do_sample: true,
      temperature: 0.8,
      top_k: 40,
      top_p: 0.95,
    });
    assertEquals(await Deno.readTextFile(`${path}/tokenizer.json`), TOKENIZER_JSON);
  });
});

Deno.test("loadCheckpoint names the tensor that does not fit the model", async () => {
  await withDir(async (dir) => {
    const { config, layout, snapshot } = await goldenModel("gqa_untied");
    const path = `${dir}/step-000007`;
    await saveCheckpoint(path, { config, layout, snapshot });
    const refuse = async (changes: Partial<ModelConfig>, message: string) => {
      const other = createLayout({ ...config, ...changes });
      const into = emptyAreas(other);
      await assertRejects(
        () => loadCheckpoint(path, { layout: other, into }),
        TypeError,
        message,
      );
      assert(into.parameters.every(Number.isNaN), "nothing may be filled");
    };
    await refuse(
      { vocab_size: 64 },
      "model.embed_tokens.weight is [61,48] there and [64,48] here; vocab_size differs",
    );
    await refuse({ intermediate_size: 96 }, "mlp.gate_proj.weight is [104,48] there");
    await refuse({ num_hidden_layers: 3 }, "it has no tensor model.layers.2.input_layernorm");
    const into = { parameters: new Float32Array(5) };
    await assertRejects(
      () => loadCheckpoint(path, { into }),
      TypeError,
      "into.parameters: it has 5 floats, the layout 49872",
    );
  });
});

Deno.test("saveCheckpoint refuses areas of another length before it touches the disk", async () => {
  await withDir(async (dir) => {
    const { config, layout, snapshot } = await goldenModel("mha_tied");
    const bad = { ...snapshot, secondMoment: new Float32Array(3) };
    await assertRejects(
      () => saveCheckpoint(`${dir}/step-000007`, { config, layout, snapshot: bad }),
      TypeError,
      "snapshot.secondMoment: it has 3 floats",
    );
    assertEquals(await namesIn(dir), []);
  });
});

Deno.test("saveCheckpoint replaces a checkpoint but nothing else", async () => {
  await withDir(async (dir) => {
    const { config, layout, snapshot } = await goldenModel("mha_tied");
    const path = `${dir}/step-000007`;
    await saveCheckpoint(path, { config, layout, snapshot, run: "first" });
    await saveCheckpoint(path, { config, layout, snapshot, run: "second" });
    assertEquals((await readCheckpointInfo(path)).run, "second");
    assertEquals(await namesIn(dir), ["latest", "step-000007"]);
    await Deno.mkdir(`${dir}/precious`);
    await Deno.writeTextFile(`${dir}/precious/thesis.txt`, "done");
    await assertRejects(
      () => saveCheckpoint(`${dir}/precious`, { config, layout, snapshot }),
      Error,
      "its folder exists and is not a checkpoint",
    );
    assertEquals(await Deno.readTextFile(`${dir}/precious/thesis.txt`), "done");
    assertEquals(await namesIn(dir), ["latest", "precious", "step-000007"]);
    assertEquals(await Deno.readTextFile(`${dir}/latest`), "step-000007\n");
  });
});

Deno.test("saveCheckpoint says why when its folder cannot be made", async () => {
  await withDir(async (dir) => {
    const { config, layout, snapshot } = await goldenModel("mha_tied");
    await Deno.writeTextFile(`${dir}/file`, "");
    const error = await assertRejects(
      () => saveCheckpoint(`${dir}/file/step-000007`, { config, layout, snapshot }),
      Error,
      `Cannot save checkpoint ${dir}/file/step-000007: `,
    );
    assert(error.cause instanceof Error);
  });
});

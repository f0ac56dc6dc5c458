import { assertEquals, assertRejects } from "@std/assert";
import { readModelConfig } from "../../../model/checkpoint/mod.ts";
import { countParameters } from "../../../model/checkpoint/model_size.ts";
import { type ModelConfig, presetConfig, type PresetName, PRESETS } from "../../../model/config.ts";
import { formatConfig } from "../../../model/config_json.ts";
import { createLayout } from "../../../model/layout.ts";
import { GOLDENS } from "./fixture.ts";
import { withDir } from "../with_dir.ts";

Deno.test("countParameters counts what the layout has, tied and untied, with grouped keys", async () => {
  const configs: ModelConfig[] = (Object.keys(PRESETS) as PresetName[])
    .map((name) => presetConfig(name, { vocabSize: 300, endOfTextId: 0 }));
  for (const golden of ["gqa_untied", "mha_tied"]) {
    configs.push(await readModelConfig(GOLDENS + golden));
  }
  for (const config of configs) assertEquals(countParameters(config), createLayout(config).count);
});

Deno.test("a config.json of more parameters than the weights beside it can hold is refused", () =>
  withDir(async (dir) => {
    const config = await readModelConfig(`${GOLDENS}gqa_untied`);
    const write = (change: Partial<ModelConfig>) =>
      Deno.writeTextFile(`${dir}/config.json`, formatConfig({ ...config, ...change }));
    const forms = [["model.safetensors"], ["onnx/model.onnx"], ["a.onnx", "a.onnx_data"]];
    for (const files of forms) {
      await Deno.mkdir(`${dir}/onnx`, { recursive: true });
      // As many as four bits a weight take, in one file or two.
      const bytes = Math.ceil(countParameters(config) / 2);
      for (const file of files) {
        await Deno.writeFile(`${dir}/${file}`, new Uint8Array(Math.ceil(bytes / files.length)));
      }
      await write({});
      assertEquals(await readModelConfig(dir), config);
      for (
        const change of [
          { num_hidden_layers: 4096 },
          { vocab_size: 2 ** 31 - 1 },
          { intermediate_size: 2 ** 31 - 1 },
          { hidden_size: 2 ** 30, num_hidden_layers: 4096 },
        ]
      ) {
        await write(change);
        const count = countParameters({ ...config, ...change });
        const message =
          `Cannot use ${dir}/config.json: it describes ${count} parameters, and the ` +
          "weights beside it are ";
        await assertRejects(() => readModelConfig(dir), SyntaxError, message);
      }
      for (const file of files) await Deno.remove(`${dir}/${file}`);
    }
    await write({ vocab_size: 1000 });
    assertEquals((await readModelConfig(dir)).vocab_size, 1000, "nothing to compare it with");
  }));

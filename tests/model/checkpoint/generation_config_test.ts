import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { readSamplingSettings, SAMPLING_DEFAULTS } from "../../../model/checkpoint/mod.ts";
import { formatGenerationConfig } from "../../../model/checkpoint/generation_config.ts";
import { presetConfig } from "../../../model/config.ts";
import { withDir } from "../with_dir.ts";

Deno.test("sampling settings are those of generation_config.json, and none without", async () => {
  await withDir(async (dir) => {
    assertEquals(await readSamplingSettings(dir), {});
    const written = async (text: string) => {
      await Deno.writeTextFile(join(dir, "generation_config.json"), text);
      return await readSamplingSettings(dir);
    };
    const config = presetConfig("tiny", { vocabSize: 300, endOfTextId: 0 });
    assertEquals(await written(formatGenerationConfig(config, { padId: 1 })), SAMPLING_DEFAULTS);
    // As meta-llama/Llama-3.2-1B has it.
    const llama = {
      _from_model_config: true,
      bos_token_id: 128000,
      eos_token_id: [128001, 128008],
    };
    const sampled = { ...llama, do_sample: true, temperature: 0.6, top_p: 0.9 };
    assertEquals(await written(JSON.stringify(sampled)), { temperature: 0.6, topP: 0.9 });
    // 0 and null stand for no limit.
    const none = { top_k: 0, top_p: null, min_p: 0.05, repetition_penalty: 1.1 };
    assertEquals(await written(JSON.stringify(none)), { minP: 0.05, repetitionPenalty: 1.1 });
    for (
      const [text, message] of [
        ['{"temperature": -1}', "temperature is not what it should be"],
        ['{"top_k": "40"}', "top_k is not what it should be"],
        ['{"top_p": 2}', "top_p is not what it should be"],
        ["[]", "what it holds is not what it should be"],
        ["{", "it is not JSON"],
      ] as const
    ) {
      await assertRejects(() => written(text), SyntaxError, `generation_config.json: ${message}`);
    }
  });
});

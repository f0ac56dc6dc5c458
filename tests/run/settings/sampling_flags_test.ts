import { assertEquals } from "@std/assert";
import { parseFlags } from "../../../cli/flags.ts";
import { SAMPLING_FLAGS, samplingOf } from "../../../run/settings/sampling.ts";
import { SAMPLING_DEFAULTS } from "../../../model/checkpoint/mod.ts";

Deno.test("flags win over the model's settings, each by itself", () => {
  const sampling = (args: string[], model = {}) =>
    samplingOf(parseFlags(args, { flags: SAMPLING_FLAGS }).values, model);
  assertEquals(sampling([]), {});
  assertEquals(sampling([], SAMPLING_DEFAULTS), SAMPLING_DEFAULTS);
  assertEquals(sampling(["--temperature", "0"], SAMPLING_DEFAULTS), {
    temperature: 0,
    topK: 40,
    topP: 0.95,
  });
  assertEquals(sampling(["--top-k", "0", "--top-p", "1"], { topK: 40, repetitionPenalty: 1.1 }), {
    topP: 1,
    repetitionPenalty: 1.1,
  });
  assertEquals(sampling(["--top-k", "5"], { temperature: 0.5 }), { temperature: 0.5, topK: 5 });
});

import { assertAlmostEquals, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { checkRules } from "../../../cli/flag_rules.ts";
import { parseFlags, UsageError } from "../../../cli/flags.ts";
import { presetConfig, PRESETS } from "../../../model/config.ts";
import { initParameters } from "../../../model/init.ts";
import { createLayout } from "../../../model/layout.ts";
import { headSampleOf, RECIPES } from "../../../model/recipes.ts";
import { PIPELINE_FLAGS, settingsOf } from "../../../run/settings/pipeline.ts";
import { settle } from "../../../run/settings/settle.ts";
import { optimizerOf, scheduleOf } from "../../../run/settings/training.ts";
import { ADAMW_DEFAULTS, MUON_DEFAULTS, optimizerStep } from "../../../stages/train/mod.ts";

const wanted = (...args: string[]) => settingsOf(parseFlags(args, { flags: PIPELINE_FLAGS }));

/** As a version without recipes wrote them. */
const { wanted: OLD } = wanted("--recipe", "plain");

Deno.test("new weights have the default recipe; AdamW's and given ones are plain, as run.json without a recipe", () => {
  assertEquals(wanted().wanted.recipe, "sampled");
  for (const args of [["--preset", "base"], ["--hours", "1"], ["--tokens", "1000000"]]) {
    assertEquals(wanted(...args).wanted.recipe, "tuned", args.join(" "));
  }
  for (const args of [["--recipe", "plain"], ["--optimizer", "adamw"], ["--init", "elsewhere"]]) {
    assertEquals(Object.hasOwn(wanted(...args).wanted, "recipe"), false, args.join(" "));
  }
  for (const args of [["--optimizer", "adamw"], ["--init", "elsewhere"]]) {
    const parsed = parseFlags(["--recipe", "tuned", ...args], { flags: PIPELINE_FLAGS });
    assertThrows(() => checkRules(PIPELINE_FLAGS, parsed), UsageError, "Cannot use ");
  }
});

Deno.test("a run of a version without recipes goes on as it was", () => {
  assertEquals(optimizerOf(OLD), { ...ADAMW_DEFAULTS, muon: MUON_DEFAULTS });
  assertEquals(scheduleOf(OLD).floor, 0.05);
  const { num_attention_heads, num_hidden_layers, head_dim, rope_theta } = presetConfig("tiny", {
    vocabSize: 300,
    endOfTextId: 0,
  });
  assertEquals([num_hidden_layers, num_attention_heads, head_dim, rope_theta], [4, 4, 32, 10_000]);

  const goOn = (...args: string[]) =>
    settle(OLD, { ...wanted(...args), root: "runs/old", force: true, step: 200 });
  assertEquals(goOn(), OLD);
  assertEquals(goOn("--recipe", "plain"), OLD);
  const { message } = assertThrows(() => goOn("--recipe", "tuned"), UsageError);
  assertStringIncludes(message, '--recipe "tuned" (began with none)');
});

Deno.test("the tuned recipe reaches the optimizer, the schedule, the model and its weights", () => {
  const { wanted: settings } = wanted("--recipe", "tuned");
  const step = optimizerStep(optimizerOf(settings), {
    step: 1,
    learningRate: 0.016,
    progress: 0,
  });
  assertEquals(step.muon, { momentum: 0.95, learningRate: 0.008, polarRounds: 4 });
  const beta2 = (name: string) => optimizerOf(wanted("--recipe", name).wanted).beta2;
  assertEquals(RECIPES.map(beta2), [0.99, 0.99, 0.95]);
  assertEquals(step.sampleHead, undefined);
  assertEquals(step.embeddingRate, 2);
  assertEquals(scheduleOf(settings).floor, 0);
  for (const name of Object.keys(PRESETS) as (keyof typeof PRESETS)[]) {
    const config = presetConfig(name, { vocabSize: 300, endOfTextId: 0, recipe: "tuned" });
    assertEquals([config.head_dim, config.model_type], [64, "llama"], name);
    assertEquals(config.rope_theta, 4 * PRESETS[name].cols, name);
  }
  const config = presetConfig("tiny", { vocabSize: 300, endOfTextId: 0, recipe: "tuned" });
  const layout = createLayout(config);
  const weights = new Float32Array(layout.length);
  initParameters(weights, { config, layout, seed: 0, zeroResidual: true });
  for (const { name, shape, offset, size } of layout.parameters) {
    if (shape.length === 1) continue;
    const part = weights.subarray(offset, offset + size);
    const deviation = Math.sqrt(part.reduce((sum, w) => sum + w * w, 0) / size);
    const isZero = /(o_proj|down_proj)\.weight$/.test(name);
    assertAlmostEquals(deviation, isZero ? 0 : config.initializer_range, 2e-3, name);
  }
});

Deno.test("the sampled recipe is the tuned one with a slower Muon and, until its last part, a sampled head", () => {
  const sampled = optimizerOf(wanted("--recipe", "sampled").wanted);
  const { sampleUntil, muon, ...rest } = sampled;
  const { muon: faster, ...tuned } = optimizerOf(wanted("--recipe", "tuned").wanted);
  assertEquals(rest, tuned);
  assertEquals(faster, { ...MUON_DEFAULTS, polarRounds: 4 });
  assertEquals(muon, { momentum: 0.95, rate: 0.354, polarRounds: 4 });
  assertEquals(sampleUntil, 0.8);
  const stepAt = (progress: number) =>
    optimizerStep(sampled, { step: 1, learningRate: 0.016, progress }).sampleHead;
  assertEquals([0, 0.79, 0.8, 1].map(stepAt), [true, true, undefined, undefined]);
  assertEquals(headSampleOf("sampled", { vocabSize: 4096 }), {
    headSample: { kept: 768, period: 6 },
  });
  assertEquals(headSampleOf("tuned", { vocabSize: 4096 }), {});
});

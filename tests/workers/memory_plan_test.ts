import { assertAlmostEquals, assertEquals } from "@std/assert";
import { presetConfig, type PresetName, PRESETS } from "../../model/config.ts";
import { createLayout } from "../../model/layout.ts";
import { planMemory } from "../../workers/memory_plan.ts";
import { createTopology } from "../../workers/topology.ts";
import { LARGE_SHAPES } from "../commands/large_model.ts";

/** Millions of parameters and MiB with two workers, as docs/performance.md has them. */
const DOCUMENTED: Record<PresetName, { vocabSize: number; millions: number; mebibytes: number }> = {
  tiny: { vocabSize: 4096, millions: 1.7, mebibytes: 79 },
  small: { vocabSize: 4096, millions: 5.3, mebibytes: 178 },
  base: { vocabSize: 8192, millions: 16.9, mebibytes: 498 },
  medium: { vocabSize: 16384, millions: 42.5, mebibytes: 1313 },
  large: { vocabSize: 16384, millions: 110.1, mebibytes: 3763 },
};

for (const [name, documented] of Object.entries(DOCUMENTED)) {
  Deno.test(`preset ${name} takes the memory that is documented`, () => {
    const preset = name as PresetName;
    const { vocabSize, millions, mebibytes } = documented;
    const config = presetConfig(preset, { vocabSize, endOfTextId: 0, recipe: "tuned" });
    const { rows, cols } = PRESETS[preset];
    const { bytes, farBytes } = planMemory({
      config,
      topology: createTopology({ leaves: 12, workers: 2 }),
      rows,
      cols,
      keepLogits: false,
      profile: false,
      recompute: false,
    });
    assertAlmostEquals(createLayout(config).count / 1e6, millions, 0.05);
    assertAlmostEquals((bytes + farBytes) / 2 ** 20, mebibytes, 0.05 * mebibytes);
  });
}

Deno.test("where leaves have no room in one pass, each has a pass of its own", () => {
  const leavesPerPass = (workers: number) =>
    planMemory({
      config: LARGE_SHAPES["SmolLM2-135M"],
      topology: createTopology({ leaves: 12, workers }),
      ...{ rows: 12, cols: 128, keepLogits: false, profile: false, recompute: false },
    }).leavesPerPass;
  assertEquals([1, 2, 4, 8].map(leavesPerPass), [3, 3, 3, 1]);
});

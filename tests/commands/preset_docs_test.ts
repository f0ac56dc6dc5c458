/** The documentation and the presets name the same numbers: what a preset has is counted once. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { join } from "node:path";
import { presetConfig, type PresetName, PRESETS } from "../../model/config.ts";
import { millions, presetParameters } from "../../model/preset_size.ts";
import { defaultRecipe, headSampleOf, RECIPE_TABLE } from "../../model/recipes.ts";
import { planMemory } from "../../workers/memory_plan.ts";
import { createTopology } from "../../workers/topology.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const NAMES = Object.keys(PRESETS) as PresetName[];
const NAME = new RegExp(`^\\W*(?:preset )?\`?(${NAMES.join("|")})\\b`);

/** Parameters counted by hand: embedding and head, four squares and three MLP matrices a layer, norms. */
function countedByHand(name: PresetName): number {
  const { model, vocab } = PRESETS[name];
  const { hidden_size: D, intermediate_size: F } = model;
  const L = RECIPE_TABLE[defaultRecipe(name)].layers[name] ?? model.num_hidden_layers;
  return 2 * vocab * D + L * (4 * D * D + 3 * D * F + 2 * D) + D;
}

/** MiB that two workers share. */
function memoryOf(name: PresetName): number {
  const { vocab: vocabSize, rows, cols } = PRESETS[name];
  const recipe = defaultRecipe(name);
  const { bytes, farBytes } = planMemory({
    config: presetConfig(name, { vocabSize, endOfTextId: 0, recipe }),
    ...headSampleOf(recipe, { vocabSize }),
    topology: createTopology({ leaves: 12, workers: 2 }),
    ...{ rows, cols, keepLogits: false, profile: false, recompute: false },
  });
  return (bytes + farBytes) / 2 ** 20;
}

Deno.test("presetParameters counts as one does by hand", () => {
  for (const name of NAMES) assertEquals(presetParameters(name), countedByHand(name), name);
});

for (const page of ["README.md", "docs/guide.md", "docs/performance.md"]) {
  Deno.test(`${page} has a row of each preset with its vocabulary and parameters`, async () => {
    const rows = (await Deno.readTextFile(join(ROOT, page))).split("\n")
      .filter((line) => line.startsWith("|") && / M\b/.test(line) && NAME.test(line));
    assertEquals(rows.length, NAMES.length, rows.join("\n"));
    for (const row of rows) {
      const name = NAME.exec(row)?.[1] as PresetName;
      const cells = row.split("|").map((cell) => cell.trim());
      assert(cells.includes(millions(presetParameters(name))), row);
      assert(cells.includes(PRESETS[name].vocab.toLocaleString("en")), row);
      const [memory] = cells.filter((cell) => cell.endsWith(" MiB"));
      // The table of the README has none.
      const told = Number(memory?.replaceAll(/\D/g, "") ?? memoryOf(name));
      assertAlmostEquals(told / memoryOf(name), 1, 0.02, row);
    }
  });
}

Deno.test("docs/reference.md says how many parameters and entries each preset has", async () => {
  const page = await Deno.readTextFile(join(ROOT, "docs/reference.md"));
  for (const name of NAMES) {
    assert(page.includes(`${name} has ${millions(presetParameters(name))}`), name);
    assert(page.includes(`${PRESETS[name].vocab} for ${name}`), name);
  }
});

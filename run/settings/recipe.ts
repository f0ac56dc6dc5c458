/**
 * The flag that says by which recipe new weights are made and trained.
 *
 * @module
 */
import type { PresetName } from "../../model/config.ts";
import { defaultRecipe, type RecipeName, RECIPES } from "../../model/recipes.ts";
import type { OptimizerName } from "../../stages/train/mod.ts";
import { choice, group } from "../../cli/flags.ts";
import { never } from "./table.ts";

/** The flags that the default follows from. */
interface RecipeBasis {
  readonly optimizer: OptimizerName;
  readonly init: string | undefined;
  readonly preset: PresetName;
  /** Where it or `tokens` is given, the preset is chosen later. */
  readonly hours: number | undefined;
  readonly tokens: number | undefined;
}

/** By which recipe new weights are made and trained. */
export const RECIPE = group("Tokenizer and model", {
  recipe: never(
    choice({
      help:
        "how new weights are trained (default: sampled with tiny, else tuned; plain with adamw)",
      of: RECIPES,
      only: { optimizer: ["muon"] },
      excludes: ["init"],
    }),
    {
      // Left out of run.json where it is plain, as in runs of versions that knew no other.
      from: (given, basis: RecipeBasis): Exclude<RecipeName, "plain"> | undefined => {
        const { optimizer, init, preset, hours = 0, tokens = 0 } = basis;
        const isChosen = hours === 0 && tokens === 0;
        const fresh = init === undefined && optimizer === "muon";
        const recipe = given ?? (fresh ? defaultRecipe(isChosen ? preset : undefined) : "plain");
        return recipe === "plain" ? undefined : recipe;
      },
    },
  ),
});

/**
 * The flag that says by which recipe new weights are made and trained.
 *
 * @module
 */
import { DEFAULT_RECIPE, type RecipeName, RECIPES } from "../../model/recipes.ts";
import type { OptimizerName } from "../../stages/train/mod.ts";
import { choice, group } from "../../cli/flags.ts";
import { never } from "./table.ts";

/** The flags that the default follows from. */
interface RecipeBasis {
  readonly optimizer: OptimizerName;
  readonly init: string | undefined;
}

/** By which recipe new weights are made and trained. */
export const RECIPE = group("Tokenizer and model", {
  recipe: never(
    choice({
      help: "how new weights are made and trained: tuned for few minutes, sampled, which is " +
        "tuned with a faster head, or plain, as versions before did (default: " +
        `${DEFAULT_RECIPE}; plain with adamw)`,
      of: RECIPES,
      only: { optimizer: ["muon"] },
      excludes: ["init"],
    }),
    {
      // Left out of run.json where it is plain, as in runs of versions that knew no other.
      from: (given, { optimizer, init }: RecipeBasis): Exclude<RecipeName, "plain"> | undefined => {
        const fresh = init === undefined && optimizer === "muon";
        const recipe = given ?? (fresh ? DEFAULT_RECIPE : "plain");
        return recipe === "plain" ? undefined : recipe;
      },
    },
  ),
});

/**
 * Flags about the model, its tokenizer and the documents that it is judged by.
 *
 * @module
 */
import { type Preset, type PresetName, PRESETS } from "../../model/config.ts";
import { millions, presetParameters } from "../../model/preset_size.ts";
import { choice, group, number, text, UsageError } from "../../cli/flags.ts";
import { HOLD_OUT_RULES } from "../hold_out.ts";
import { absolute } from "../sources.ts";
import { never } from "./table.ts";

const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

/** A figure of each preset: `900 for tiny, 2000 for small`. */
export function byPreset(figure: (preset: Preset) => number | string): string {
  return PRESET_NAMES.map((name) => `${figure(PRESETS[name])} for ${name}`).join(", ");
}

/** What the model is, and where it starts from. */
export const MODEL = group("Tokenizer and model", {
  vocab: never(
    number({
      help: `entries of the tokenizer (default: ${byPreset(({ vocab }) => vocab)})`,
      min: 258,
      max: 1 << 20,
      excludes: ["init"],
    }),
    { from: (vocab, { preset }: { preset: PresetName }) => vocab ?? PRESETS[preset].vocab },
  ),
  preset: never(choice({
    help: `size of the model: ${
      PRESET_NAMES.map((name) => `${name} has ${millions(presetParameters(name))}`).join(", ")
    } parameters with its own vocabulary`,
    of: PRESET_NAMES,
    defaultValue: "tiny",
  })),
  context: never(
    number({
      help: "tokens of context in training, in as many rows a step as keep its tokens; serving " +
        `takes twice as many (default: ${byPreset(({ cols }) => cols)})`,
      min: 16,
      max: 1 << 16,
    }),
    {
      from(given, { preset }: { preset: PresetName }) {
        const context = given ?? PRESETS[preset].cols;
        rowsOf(preset, { context });
        return context;
      },
    },
  ),
  init: never(
    text({
      help: "start from the weights and tokenizer of this run, Hugging Face folder, or model " +
        "hf:OWNER/NAME[@REVISION] of a hub",
      value: "DIR",
    }),
    // Empty for seeded weights.
    { from: (init) => init === undefined ? "" : absolute([init])[0] ?? "" },
  ),
  hub: text({
    help: "address of the hub that --init fetches from, for mirrors (default: Hugging Face's)",
    value: "URL",
    needs: "init",
  }),
  "hold-out": never(choice({
    help: "documents for validation: every tenth, or a tenth by the hash of their address",
    of: HOLD_OUT_RULES,
    defaultValue: "each-tenth",
  })),
});

/**
 * Rows of a step in which a row has `context` tokens: as many as keep the tokens of the preset's
 * step, to the nearest whole row.
 *
 * @throws {UsageError} when one row alone has more tokens than the preset's step
 */
export function rowsOf(preset: PresetName, { context }: { context: number }): number {
  const { rows, cols } = PRESETS[preset];
  if (context > rows * cols) {
    throw new UsageError(
      `Cannot use --context ${context} with --preset ${preset}: a step of it has ${rows * cols} ` +
        `tokens, and one row alone would have more; choose a larger --preset or a shorter --context`,
    );
  }
  return Math.round(rows * cols / context);
}

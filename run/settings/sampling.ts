/**
 * Flags for choosing tokens.
 *
 * @module
 */
import { SAMPLING_DEFAULTS, type SamplingSettings } from "../../model/checkpoint/mod.ts";
import { type FlagValues, group, number } from "../../cli/flags.ts";

const { temperature, topK, topP } = SAMPLING_DEFAULTS;

/** What a default that the model has is called in help. */
function byModel(value: number): string {
  return `(default: as generation_config.json says, ${value} in every model trained here)`;
}

/** With it nothing is drawn. */
const GREEDY = { temperature: [0] };

/** Where a flag is not given, the model's generation_config.json decides. */
export const SAMPLING_FLAGS = group("Text", {
  temperature: number({
    help: `0 takes the likeliest token always ${byModel(temperature)}`,
    value: "X",
    integer: false,
    max: 2,
  }),
  "top-k": number({
    help: `only the k likeliest tokens, 0 for all ${byModel(topK)}`,
    unless: GREEDY,
  }),
  "top-p": number({
    help: `only the likeliest tokens that reach this probability ${byModel(topP)}`,
    value: "X",
    integer: false,
    max: 1,
    unless: GREEDY,
  }),
  seed: number({
    help: "same seed, prompt and weights: same text",
    defaultValue: 0,
    unless: GREEDY,
  }),
  "max-tokens": number({ help: "tokens to generate at most", min: 1, defaultValue: 100 }),
});

/** How the flags say that tokens are drawn, and `settings` of the model where they do not. */
export function samplingOf(
  values: Pick<FlagValues<typeof SAMPLING_FLAGS>, "temperature" | "top-k" | "top-p">,
  { topK: own = 0, ...settings }: SamplingSettings,
): SamplingSettings {
  const topK = values["top-k"] ?? own;
  return {
    ...settings,
    ...(values.temperature !== undefined && { temperature: values.temperature }),
    ...(topK > 0 && { topK }),
    ...(values["top-p"] !== undefined && { topP: values["top-p"] }),
  };
}

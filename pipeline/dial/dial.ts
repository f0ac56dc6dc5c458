/**
 * Plans a new run by one number: its hours or its tokens.
 *
 * @module
 */
import { readModelConfig } from "../../model/checkpoint/mod.ts";
import { type ModelConfig, type PresetName, PRESETS } from "../../model/config.ts";
import { createLayout } from "../../model/layout.ts";
import { headSampleOf } from "../../model/recipes.ts";
import { formatCount, formatDuration } from "../../stages/report/mod.ts";
import type { RunSettings } from "../../run/folder.ts";
import { optimizerOf } from "../../run/settings/training.ts";
import type { SpheresOptions } from "../../workers/mod.ts";
import {
  type Candidate,
  type Choice,
  choose,
  configOf,
  inSteps,
  measureCandidates,
  presetFor,
  TOKENS_PER_WEIGHT,
} from "./choose.ts";
import { type Course, expectLoss, SAMPLE_RUNS } from "./expect.ts";
import { measureSpeed } from "./measure.ts";
import { orAdapter } from "./or_adapter.ts";

/** Options of {@linkcode turnDial}. */
export interface DialOptions {
  /** With `hours` or `tokens`. */
  readonly settings: RunSettings;
  readonly spheres: Pick<SpheresOptions, "workers" | "recompute">;
  /** Prints a line. */
  readonly note: (line: string) => void;
  /** Measures tokens per second; by a few steps by default. */
  readonly measure?: typeof measureSpeed;
}

/** Passes over the same text that are worth about as much as new text. */
const PASSES = 4;
/** Bytes of a token in the sample corpus, of 4,096 entries. */
const TOKEN_BYTES = 4.3;
/** Fewer tokens a weight than this teach little. */
const FEW = TOKENS_PER_WEIGHT / 10;

/**
 * Chooses preset and steps, and says what to expect.
 *
 * @throws {UsageError} where the model to start from cannot be trained here
 */
export async function turnDial(options: DialOptions): Promise<Choice> {
  const { settings, note } = options;
  note(`dial      measures this machine, as busy as it is now`);
  const { choice, config, measured } = settings.init === ""
    ? await dialFresh(options)
    : await dialInit(options);
  for (const line of describe(choice, { settings, config, measured })) note(line);
  return choice;
}

interface Dialled {
  readonly choice: Choice;
  readonly config: ModelConfig;
  readonly measured: readonly Candidate[];
}

async function dialFresh(options: DialOptions): Promise<Dialled> {
  const { hours, tokens = 0, recipe = "plain" } = options.settings;
  const speed = (preset: PresetName) => speedOf(configOf(preset, recipe), preset, options);
  if (hours === undefined) {
    const preset = presetFor(tokens);
    const measured = [{ preset, tokensPerSecond: await speed(preset) }];
    return { choice: inSteps(preset, tokens), config: configOf(preset, recipe), measured };
  }
  const measured = await measureCandidates(3600 * hours, speed);
  const choice = choose(measured, 3600 * hours);
  return { choice, config: configOf(choice.preset, recipe), measured };
}

/** A given model leaves the batch to choose: that of the preset nearest in width. */
async function dialInit(options: DialOptions): Promise<Dialled> {
  const { init, hours, tokens = 0 } = options.settings;
  const config = await readModelConfig(init);
  const preset = nearestWidth(config.hidden_size);
  const tokensPerSecond = await orAdapter({ init }, () => speedOf(config, preset, options));
  const wanted = hours === undefined ? tokens : 3600 * hours * tokensPerSecond;
  return { choice: inSteps(preset, wanted), config, measured: [{ preset, tokensPerSecond }] };
}

function nearestWidth(width: number): PresetName {
  const far = (name: PresetName) => Math.abs(Math.log(width / PRESETS[name].model.hidden_size));
  const names = Object.keys(PRESETS) as PresetName[];
  return names.reduce((best, name) => far(name) < far(best) ? name : best);
}

function speedOf(
  config: ModelConfig,
  preset: PresetName,
  { settings, spheres, measure = measureSpeed }: DialOptions,
): Promise<number> {
  const { rows, cols: most } = PRESETS[preset];
  const cols = Math.min(most, config.max_position_embeddings);
  const { leaves, strictSimd } = settings;
  return measure({
    ...{ config, rows, cols, leaves, strictSimd, ...spheres },
    ...headSampleOf(settings.recipe ?? "plain", { vocabSize: config.vocab_size }),
    optimizer: optimizerOf(settings),
  });
}

function describe(
  { preset, steps, tokens }: Choice,
  { settings, config, measured }: Omit<Dialled, "choice"> & { settings: RunSettings },
): string[] {
  const weights = createLayout(config).count;
  const speed = measured.find((one) => one.preset === preset)?.tokensPerSecond ?? NaN;
  const speeds = measured.map(({ preset, tokensPerSecond }) =>
    `${settings.init === "" ? preset : "this model"} ${formatCount(tokensPerSecond)} tokens/s`
  );
  const each = tokens / weights;
  const { rows, cols } = PRESETS[preset];
  const model = settings.init === ""
    ? `${preset}, ${formatCount(weights)} weights`
    : `${formatCount(weights)} weights, in batches as of ${preset}`;
  const bytes = formatCount(tokens / PASSES * TOKEN_BYTES);
  return [
    `measured  ${speeds.join(", ")}`,
    `chosen    ${model}: ${steps.toLocaleString("en")} steps of ${rows} x ${cols} tokens, ` +
    `${formatCount(tokens)} in all, ${each.toPrecision(2)} a weight` +
    (settings.init === "" && each < FEW ? ", which is few for any preset: expect little" : ""),
    `expects   about ${formatDuration(1000 * tokens / speed)} of training, ` +
    (settings.init === ""
      ? guess(preset, tokens)
      : `and a pass over a million tokens in ${formatDuration(1e9 / speed)}; ` +
        "of the loss there is no guess"),
    `wants     ${formatCount(tokens / PASSES)} tokens of text (English: about ${bytes}B): ` +
    `with less it sees them more than ${PASSES} times`,
  ];
}

/** What runs on the sample corpus say of the loss, or that they say nothing. */
function guess(preset: PresetName, tokens: number): string {
  const expected = expectLoss(preset, tokens);
  if (expected) {
    const { loss, miss, tests } = expected;
    return `validation about ${loss.toFixed(1)} on the sample corpus (guessed in the same way, ` +
      `${tests} runs of ${preset} there were missed by up to ${miss.toFixed(2)})`;
  }
  const { [preset]: runs = [] } = SAMPLE_RUNS;
  const [first, last] = [runs[0], runs.at(-1)];
  if (!first || !last) return `of the loss there is no guess: no run of ${preset} was measured`;
  const said = (run: Course) => `${formatCount(run[0])} tokens (validation ${run[1]})`;
  return `of the loss there is no guess: on the sample corpus ${preset} was measured with ` +
    (first === last ? said(last) : `${said(first)} to ${said(last)}`);
}

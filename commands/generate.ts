/**
 * `generate`: continues a prompt on the terminal.
 *
 * @module
 */
import { exists } from "../model/durable.ts";
import { Scheduler } from "../engine/mod.ts";
import { type Command, command } from "../cli/command.ts";
import { continueText } from "../run/continue_text.ts";
import { group, text } from "../cli/flags.ts";
import { stopOnInterrupt } from "../cli/interrupt.ts";
import { LOOKUP_FLAG, maxDraftOf } from "../run/settings/lookup.ts";
import { MODEL_FLAGS, openModel } from "../run/model_source.ts";
import { noRun, runOrOther } from "../run/open.ts";
import { SAMPLING_FLAGS, samplingOf } from "../run/settings/sampling.ts";
import { forStandardOutput, tell } from "../cli/print.ts";

const FLAGS = {
  ...MODEL_FLAGS,
  ...LOOKUP_FLAG,
  ...group("Text", {
    prompt: text({
      help: "text to continue (default: the first of the run's prompts.json, else a new text)",
    }),
  }),
  ...SAMPLING_FLAGS,
};

/** The `generate` command. */
export const generate: Command = command({
  name: "generate",
  summary: "Continues a prompt with the best checkpoint of a run, or with another model.",
  operands: "[RUN]",
  flags: FLAGS,
  examples: [
    'deno task generate --prompt "Once upon a time"',
    "deno task generate runs/mine --temperature 0 --max-tokens 40",
  ],
  async run({ values, operands }) {
    const other = ["--model", values.model] as const;
    const [named] = operands;
    if (named !== undefined && !await exists(named)) {
      throw await noRun(named, "; text goes with --prompt");
    }
    const run = runOrOther(operands, { command: "generate from", run: values.run, other });
    const { engine, codec, stopIds, sampling, prompts: [known = ""], chosen } = await openModel({
      ...values,
      run,
    });
    await using _engine = engine;
    const scheduler = new Scheduler(engine, { maxDraft: maxDraftOf(values, engine) });
    // Standard output is for the text alone.
    if (chosen !== undefined) tell(`Uses ${chosen}`);
    using interrupt = stopOnInterrupt();
    const write = (piece: string) =>
      Deno.stdout.write(new TextEncoder().encode(forStandardOutput(piece)));
    const { prompt = known } = values;
    await write(prompt);
    try {
      const pieces = continueText(prompt, {
        writer: { scheduler, codec, stopIds },
        maxTokens: values["max-tokens"],
        ...samplingOf(values, sampling),
        seed: values.seed,
        signal: interrupt.signal,
      });
      for await (const piece of pieces) await write(piece);
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
    }
    await write("\n");
    return interrupt.exitCode;
  },
});

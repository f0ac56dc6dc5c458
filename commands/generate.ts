/**
 * `generate`: continues a prompt on the terminal.
 *
 * @module
 */
import { generate as generatePieces, Scheduler } from "../serve/mod.ts";
import type { Command } from "./command.ts";
import { parseFlags, text, UsageError } from "./flags.ts";
import { stopOnInterrupt } from "./interrupt.ts";
import { MODEL_FLAGS, openModel } from "./model_source.ts";
import { SAMPLING_FLAGS, samplingOf } from "./sampling_flags.ts";

const FLAGS = {
  ...MODEL_FLAGS,
  prompt: text({
    help: "text to continue (default: the first of the run's prompts.json, else a new text)",
    defaultValue: undefined,
  }),
  ...SAMPLING_FLAGS,
};

/** The `generate` command. */
export const generate: Command = {
  name: "generate",
  summary: "Continues a prompt with a trained model.",
  operands: "",
  flags: FLAGS,
  async run(args) {
    const { values, operands } = parseFlags(args, { flags: FLAGS });
    if (operands.length > 0) {
      throw new UsageError(`Cannot use ${operands[0]}: give the text with --prompt`);
    }
    const { engine, codec, sampling, prompts: [known = ""] } = await openModel(values);
    await using _engine = engine;
    using interrupt = stopOnInterrupt();
    const write = (piece: string) => Deno.stdout.write(new TextEncoder().encode(piece));
    const { prompt = known } = values;
    await write(prompt);
    try {
      const pieces = generatePieces({
        scheduler: new Scheduler(engine),
        codec,
        promptIds: codec.encode(prompt),
        maxTokens: values["max-tokens"],
        ...samplingOf(values, sampling),
        seed: values.seed,
        signal: interrupt.signal,
      });
      for await (const { text } of pieces) await write(text);
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
    }
    await write("\n");
    return interrupt.exitCode;
  },
};

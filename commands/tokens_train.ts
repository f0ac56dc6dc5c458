/**
 * `tokens train`: a tokenizer from files.
 *
 * @module
 */
import { replaceFile } from "../stages/durable.ts";
import { formatTokenizer, trainTokenizer } from "../stages/tokenize/mod.ts";
import type { Command } from "./command.ts";
import { choice, number, parseFlags, text, UsageError } from "./flags.ts";

const FLAGS = {
  vocab: number({ help: "size of the vocabulary", min: 258, defaultValue: 4096 }),
  "min-frequency": number({
    help: "a pair seen less often is not merged",
    min: 1,
    defaultValue: 2,
  }),
  "max-token-bytes": number({
    help: "longer tokens are not made (default any length)",
    min: 1,
    defaultValue: undefined,
  }),
  split: choice({
    help: "whose way to split text into words",
    of: ["gpt2", "gpt4"],
    defaultValue: "gpt2",
  }),
  output: text({
    help: "where the tokenizer goes",
    value: "FILE",
    defaultValue: "tokenizer.json",
  }),
};

/** The `tokens train` command. */
export const train: Command = {
  name: "tokens train",
  summary: "Trains byte-level BPE; each file is one document, taken in the order given.",
  operands: "FILE...",
  flags: FLAGS,
  async run(args) {
    const { values, operands: paths } = parseFlags(args, { flags: FLAGS });
    if (paths.length === 0) {
      throw new UsageError("Cannot train a tokenizer: name at least one text file");
    }
    async function* texts(): AsyncGenerator<string, void> {
      for (const path of paths) yield await Deno.readTextFile(path);
    }
    const maxTokenBytes = values["max-token-bytes"];
    const tokenizer = await trainTokenizer(texts(), {
      vocabSize: values.vocab,
      minFrequency: values["min-frequency"],
      split: values.split,
      ...(maxTokenBytes !== undefined && { maxTokenBytes }),
    });
    await replaceFile(values.output, formatTokenizer(tokenizer));
    let bytes = 0, ids = 0;
    for await (const text of texts()) {
      bytes += new TextEncoder().encode(text).length;
      ids += tokenizer.encode(text).length;
    }
    console.log(`${values.output}: ${tokenizer.vocabSize} tokens from ${paths.length} files`);
    console.log(
      `${bytes} bytes of text are ${ids} tokens, ${(bytes / ids).toFixed(2)} bytes a token`,
    );
    return 0;
  },
};

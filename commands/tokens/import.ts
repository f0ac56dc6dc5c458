/**
 * `tokens import`: the .bin files of nanoGPT and llm.c as a token store.
 *
 * @module
 */
import { readBin } from "../../stages/store/mod.ts";
import { readTokenizer } from "../../tokenizer/mod.ts";
import type { Split } from "../../stages/types.ts";
import { type Command, command } from "../../cli/command.ts";
import { choice, group, text, UsageError } from "../../cli/flags.ts";
import { createTokenFolder } from "../../run/token_folder.ts";
import { say } from "../../cli/print.ts";

const FLAGS = {
  ...group("What they are", {
    tokenizer: text({
      help: "tokenizer of the ids (required)",
      value: "FILE",
    }),
    split: choice<Split>({
      help: "split that the documents belong to",
      of: ["train", "validation"],
      defaultValue: "train",
    }),
  }),
  ...group("Output", {
    output: text({
      help: "new folder for tokenizer.json and tokens/",
      value: "DIR",
      defaultValue: "runs/tokens",
    }),
  }),
};

/** The `tokens import` command. */
export const importTokens: Command = command({
  name: "tokens import",
  summary: "Imports .bin files of nanoGPT or llm.c, detected by their header, into a token store.",
  operands: "FILE...",
  flags: FLAGS,
  examples: [
    "deno task tokens import --tokenizer tokenizer.json --output runs/tokens train.bin",
    "deno task tokens import --tokenizer tokenizer.json --split validation val.bin",
  ],
  async run({ values: { tokenizer: path, split, output }, operands }) {
    if (path === undefined || operands.length === 0) {
      throw new UsageError("Cannot import tokens: give --tokenizer FILE and the files");
    }
    const { tokenizer, json } = await readTokenizer(path);
    await using folder = await createTokenFolder(output, json);
    const { store } = folder;
    const { endOfTextId, vocabSize } = tokenizer;
    for (const file of operands) {
      for await (const run of readBin(file, { endOfTextId, vocabSize, split })) {
        await store.append(run);
      }
    }
    say(`${output}: ${store.count(split)} documents, ${store.tokens(split)} tokens`);
    return 0;
  },
});

/**
 * `tokens export`: the tokens of a run as the .bin files of nanoGPT and llm.c.
 *
 * @module
 */
import { writeWhole } from "../../model/durable.ts";
import { HEADER_BYTES, MAGICS, type StoreReader } from "../../stages/store/mod.ts";
import type { Split } from "../../stages/types.ts";
import { type Command, command } from "../../cli/command.ts";
import { choice, group, text, UsageError } from "../../cli/flags.ts";
import { RUN_FLAG, runOperand } from "../../run/open.ts";
import { openTokens } from "../../run/open_tokens.ts";
import { say } from "../../cli/print.ts";

const FLAGS = {
  ...RUN_FLAG,
  ...group("Which tokens", {
    split: choice<Split>({
      help: "which documents",
      of: ["train", "validation"],
      defaultValue: "train",
    }),
  }),
  ...group("Output", {
    format: choice({
      help: "nanogpt: ids of 16 bits and nothing else; llm.c: the same after its header",
      of: ["nanogpt", "llm.c"],
      defaultValue: "nanogpt",
    }),
    output: text({
      help: "where the tokens go (default SPLIT.bin)",
      value: "FILE",
    }),
  }),
};

/** Tokens of 16 bits. */
const MAX_VOCAB = 65536;

/** llm.c's header is of signed words of 32 bits. */
const MAX_TOKENS = 2 ** 31 - 1;

/** The `tokens export` command. */
export const exportTokens: Command = command({
  name: "tokens export",
  summary: "Writes the tokens of a run as one .bin file, each document ending with its end token.",
  operands: "[RUN]",
  flags: FLAGS,
  examples: [
    "deno task tokens export runs/mine --output train.bin",
    "deno task tokens export runs/mine --split validation --format llm.c",
  ],
  async run({ values: { split, format, output, run: folder }, operands }) {
    await using run = await openTokens(runOperand(operands, { command: "export", run: folder }));
    if (run.tokenizer.vocabSize > MAX_VOCAB) {
      throw new UsageError(
        `Cannot export tokens: the vocabulary has ${run.tokenizer.vocabSize} ids and the format ` +
          `holds ${MAX_VOCAB}`,
      );
    }
    const path = output ?? `${split}.bin`;
    const header = format === "llm.c" ? headerOf(run.store.tokens(split)) : new Uint8Array(0);
    await write(path, { header, store: run.store, split });
    say(`${path}: ${run.store.tokens(split)} tokens`);
    return 0;
  },
});

/** The header of llm.c for ids of 16 bits. */
export function headerOf(tokens: number): Uint8Array {
  const [{ magic, version }] = MAGICS;
  if (tokens > MAX_TOKENS) {
    throw new Error(
      `Cannot export tokens as llm.c: ${tokens} are more than its header can say, ${MAX_TOKENS}; ` +
        `use --format nanogpt, which has none`,
    );
  }
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  [magic, version, tokens].forEach((word, i) => header.setInt32(4 * i, word, true));
  return new Uint8Array(header.buffer);
}

async function write(
  path: string,
  { header, store, split }: { header: Uint8Array; store: StoreReader; split: Split },
): Promise<void> {
  await writeWhole(path, async (put) => {
    await put(header);
    for await (const { ids } of store.read({ split })) {
      await put(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength));
    }
  });
}

/**
 * `tokens train`: a tokenizer from files.
 *
 * @module
 */
import { replaceFile } from "../stages/durable.ts";
import { formatTokenizer, type Tokenizer, trainTokenizer } from "../stages/tokenize/mod.ts";
import type { Command } from "./command.ts";
import { choice, number, parseFlags, text, UsageError } from "./flags.ts";
import { openFile } from "./open_file.ts";

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
    async function* texts(): AsyncGenerator<ReadableStream<string>, void> {
      for (const path of paths) yield await readText(path);
    }
    const maxTokenBytes = values["max-token-bytes"];
    const tokenizer = await trainTokenizer(texts(), {
      vocabSize: values.vocab,
      minFrequency: values["min-frequency"],
      split: values.split,
      ...(maxTokenBytes !== undefined && { maxTokenBytes }),
    });
    await replaceFile(values.output, formatTokenizer(tokenizer));
    const { bytes, ids } = await measure(texts(), tokenizer);
    console.log(`${values.output}: ${tokenizer.vocabSize} tokens from ${paths.length} files`);
    console.log(
      `${bytes} bytes of text are ${ids} tokens, ${(bytes / ids).toFixed(2)} bytes a token`,
    );
    return 0;
  },
};

/** The text of a file, piece by piece; a byte order mark is text, too. */
async function readText(path: string): Promise<ReadableStream<string>> {
  const { readable } = await openFile(path);
  return readable.pipeThrough(new TextDecoderStream("utf-8", { ignoreBOM: true }));
}

/** How well the tokenizer compresses the texts. */
async function measure(
  texts: AsyncIterable<AsyncIterable<string>>,
  tokenizer: Tokenizer,
): Promise<{ bytes: number; ids: number }> {
  let bytes = 0, ids = 0;
  const encoder = new TextEncoder();
  for await (const text of texts) {
    const stream = tokenizer.encodeStream();
    for await (const piece of text) {
      bytes += encoder.encode(piece).length;
      ids += stream.push(piece).length;
    }
    ids += stream.flush().length;
  }
  return { bytes, ids };
}

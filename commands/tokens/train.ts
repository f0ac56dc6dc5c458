/**
 * `tokens train`: a tokenizer from files.
 *
 * @module
 */
import { replaceFile } from "../../model/durable.ts";
import {
  addUses,
  describeUses,
  formatTokenizer,
  type Tokenizer,
  type TrainProgress,
  trainTokenizer,
  utf8Pieces,
} from "../../tokenizer/mod.ts";
import { type Command, command } from "../../cli/command.ts";
import { choice, group, number, text, UsageError } from "../../cli/flags.ts";
import { openFile } from "../../cli/open_file.ts";
import { say } from "../../cli/print.ts";
import { does, processTerminal } from "../../stages/report/mod.ts";

const FLAGS = {
  ...group("Vocabulary", {
    vocab: number({ help: "size of the vocabulary", min: 258, defaultValue: 4096 }),
    "min-frequency": number({
      help: "pairs that occur less often are not merged",
      min: 1,
      defaultValue: 2,
    }),
    "max-token-bytes": number({
      help: "maximum length of a token (default: no limit)",
      min: 1,
    }),
    split: choice({
      help: "pre-tokenizer: how text is split into words",
      of: ["gpt2", "gpt4"],
      defaultValue: "gpt2",
    }),
    special: text({
      help: "special tokens, separated by commas; one must end a text, such as <|endoftext|>",
      value: "A,B",
      defaultValue: "<|endoftext|>,<|pad|>",
    }),
    alphabet: choice({
      help: "bytes that get a token: all, or only those in the text (others are refused later)",
      of: ["all", "seen"],
      defaultValue: "all",
    }),
  }),
  ...group("Memory and output", {
    "memory-mib": number({
      help: "memory for word counts; more go to disk",
      min: 1,
      defaultValue: 256,
    }),
    output: text({
      help: "where the tokenizer goes",
      value: "FILE",
      defaultValue: "tokenizer.json",
    }),
  }),
};

/** The `tokens train` command. */
export const train: Command = command({
  name: "tokens train",
  summary: "Trains byte-level BPE; each file is one document, taken in the order given.",
  operands: "FILE...",
  flags: FLAGS,
  examples: [
    "deno task tokens train --vocab 8192 book.txt notes.txt",
    "deno task tokens train --split gpt4 --output runs/tokenizer.json book.txt",
  ],
  async run({ values, operands: paths }) {
    if (paths.length === 0) {
      throw new UsageError("Cannot train a tokenizer: name at least one text file");
    }
    const texts = () => paths.values().map(readText);
    const maxTokenBytes = values["max-token-bytes"];
    let reported: TrainProgress | undefined;
    const tokenizer = await trainTokenizer(texts(), {
      vocabSize: values.vocab,
      minFrequency: values["min-frequency"],
      split: values.split,
      specialTokens: values.special.split(","),
      ...(values.alphabet === "seen" && { initialAlphabet: [] }),
      memoryBytes: values["memory-mib"] * 2 ** 20,
      ...(maxTokenBytes !== undefined && { maxTokenBytes }),
      onProgress(progress) {
        reported = progress;
        showProgress(progress);
      },
    });
    clearProgress();
    if (!reported || reported.chars === 0) {
      throw new UsageError(`Cannot train a tokenizer: there is no text in ${paths.join(", ")}`);
    }
    await replaceFile(values.output, formatTokenizer(tokenizer));
    const uses = new Float64Array(tokenizer.vocabSize);
    const { bytes, ids } = await measure(texts(), { tokenizer, uses });
    const files = paths.length === 1 ? "1 file" : `${paths.length} files`;
    say(`${values.output}: ${tokenizer.vocabSize} tokens from ${files}`);
    say(
      `${bytes} bytes of text are ${ids} tokens, ${(bytes / ids).toFixed(2)} bytes a token`,
    );
    const { used, longest, mostFrequent } = describeUses(uses, tokenizer);
    const share = (100 * used / tokenizer.vocabSize).toFixed(1);
    say(`${used} of ${tokenizer.vocabSize} tokens occur in it (${share} %)`);
    say(`frequent: ${mostFrequent.join(" ")}`);
    say(`longest: ${longest.join(" ")}`);
    if (reported.spills > 0) {
      say(
        `word counts went to disk ${reported.spills} times; ` +
          `${reported.droppedWords} rare words were not learned from (--memory-mib)`,
      );
    }
    return 0;
  },
});

/** Progress is written over itself, and only for a person. */
function showProgress({ phase, chars, tokens }: TrainProgress): void {
  const line = phase === "count" ? `counted ${chars} bytes` : `learned ${tokens} tokens`;
  does(line);
  const terminal = processTerminal(Deno.stderr);
  if (terminal.isTerminal) terminal.write(`\r${line}\x1b[K`);
}

function clearProgress(): void {
  const terminal = processTerminal(Deno.stderr);
  if (terminal.isTerminal) terminal.write("\r\x1b[K");
}

/** The text of a file, piece by piece. */
async function* readText(path: string): AsyncGenerator<Uint8Array, void> {
  using file = await openFile(path);
  for await (const piece of utf8Pieces(file)) {
    if (piece.includes(0)) {
      throw new UsageError(`Cannot read ${path}: it holds NUL bytes, so it is no text`);
    }
    yield piece;
  }
}

/** How well the tokenizer compresses the texts, `uses` counting each id. */
async function measure(
  texts: Iterable<AsyncIterable<Uint8Array>>,
  { tokenizer, uses }: { tokenizer: Tokenizer; uses: Float64Array },
): Promise<{ bytes: number; ids: number }> {
  let bytes = 0, ids = 0;
  const add = (found: Uint32Array): void => {
    ids += found.length;
    addUses(uses, found);
  };
  for (const text of texts) {
    const stream = tokenizer.encodeStream();
    for await (const piece of text) {
      bytes += piece.length;
      add(stream.push(piece));
    }
    add(stream.flush());
  }
  return { bytes, ids };
}

/**
 * `deno task tokens`: trains a tokenizer on files, and encodes lines with one.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a command line talks to its user
import { parseArgs } from "@std/cli";
import { formatTokenizer, parseTokenizer, trainTokenizer } from "./mod.ts";

const USAGE = `Usage:
  deno task tokens train --vocab N [--min-frequency N] --output tokenizer.json FILE...
      Trains byte-level BPE; each file is one document.
      --vocab N           size of the vocabulary (default 4096)
      --min-frequency N   a pair seen less often is not merged (default 2)
      --output FILE       where the tokenizer goes (default tokenizer.json)
  deno task tokens encode [--tokenizer tokenizer.json] [--ordinary] --json
      Reads one JSON string a line, writes one JSON array of ids a line.
      --tokenizer FILE    tokenizer to use (default tokenizer.json)
      --ordinary          the text of a special token is ordinary text; without this flag it
                          becomes that token, as Hugging Face tokenizers has it
`;

/** A mistake in the command line: reported without a trace. */
class UsageError extends Error {}

function wholeNumber(text: string, flag: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new UsageError(`Cannot read ${flag} ${text}: it must be a whole number`);
}

async function train(args: string[]): Promise<void> {
  const flags = parseArgs(args, {
    string: ["vocab", "min-frequency", "output"],
    default: { vocab: "4096", "min-frequency": "2", output: "tokenizer.json" },
  });
  const paths = flags._.map(String);
  if (paths.length === 0) throw new UsageError("Cannot train: name at least one text file");
  async function* texts(): AsyncGenerator<string, void> {
    for (const path of paths) yield await Deno.readTextFile(path);
  }
  const tokenizer = await trainTokenizer(texts(), {
    vocabSize: wholeNumber(flags.vocab, "--vocab"),
    minFrequency: wholeNumber(flags["min-frequency"], "--min-frequency"),
  });
  await Deno.writeTextFile(flags.output, formatTokenizer(tokenizer));
  console.log(`${flags.output}: ${tokenizer.vocabSize} tokens from ${paths.length} files`);
}

async function encode(args: string[]): Promise<void> {
  const flags = parseArgs(args, {
    string: ["tokenizer"],
    boolean: ["json", "ordinary"],
    default: { tokenizer: "tokenizer.json" },
  });
  if (!flags.json) throw new UsageError("Cannot encode: --json is the only format, so name it");
  const source = flags.tokenizer;
  const tokenizer = parseTokenizer(await Deno.readTextFile(source), { source });
  let number = 0;
  for await (const line of lines(Deno.stdin.readable)) {
    number++;
    const text = parseLine(line, number);
    const ids = tokenizer.encode(text, { allowSpecial: !flags.ordinary });
    console.log(JSON.stringify(Array.from(ids)));
  }
}

function parseLine(line: string, number: number): string {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "string") return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError(`Cannot encode line ${number}: it is not a JSON string`);
}

async function* lines(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of bytes.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() as string;
    yield* parts;
  }
  if (rest !== "") yield rest;
}

async function main([command, ...args]: string[]): Promise<void> {
  if (command === "train") await train(args);
  else if (command === "encode") await encode(args);
  else if (command === "--help" || command === "-h") console.log(USAGE);
  else throw new UsageError(`Cannot run "${command ?? ""}": say train or encode\n\n${USAGE}`);
}

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // What the caller can mend gets one line; anything else is a fault of ours and keeps its trace.
    const isTheirs = error instanceof UsageError || error instanceof SyntaxError ||
      error instanceof RangeError || error instanceof Deno.errors.NotFound;
    if (!isTheirs) throw error;
    console.error(error.message);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}

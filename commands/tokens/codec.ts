/**
 * `tokens encode` and `tokens decode`: text to ids and back, a line each.
 *
 * @module
 */
import { TextLineStream } from "@std/streams";
import { readTokenizer, type Tokenizer } from "../../tokenizer/mod.ts";
import { type Command, command } from "../../cli/command.ts";
import { group, text, toggle, UsageError } from "../../cli/flags.ts";
import { openFile } from "../../cli/open_file.ts";
import { say } from "../../cli/print.ts";

const DECODE_FLAGS = group("Tokenizer", {
  tokenizer: text({ help: "tokenizer to use", value: "FILE", defaultValue: "tokenizer.json" }),
  // Every line is JSON with and without it; scripts that ask for JSON everywhere may do so here.
  json: toggle({ help: "JSON lines in and out, the default" }),
});

const ENCODE_FLAGS = {
  ...DECODE_FLAGS,
  ...group("Tokenizer", {
    ordinary: toggle({
      help: "add no special tokens: their text is ordinary text, and none is put before a text",
    }),
  }),
};

/** The `tokens encode` command. */
export const encode: Command = command({
  name: "tokens encode",
  summary: "Reads one JSON string per line, writes one JSON array of ids per line.",
  operands: "",
  flags: ENCODE_FLAGS,
  examples: [
    `echo '"some text"' | deno task tokens encode --tokenizer tokenizer.json`,
    `echo '"<|endoftext|>"' | deno task tokens encode --ordinary`,
  ],
  async run({ values, operands }) {
    refuseOperands(operands, "encode");
    const tokenizer = await open(values.tokenizer);
    for await (const { value, number } of jsonLines("encode")) {
      if (typeof value !== "string") throw wrongLine("encode", number);
      const isFull = !values.ordinary;
      const ids = tokenizer.encode(value, { allowSpecial: isFull, addPrefix: isFull });
      say(JSON.stringify([...ids]));
    }
    return 0;
  },
});

/** The `tokens decode` command. */
export const decode: Command = command({
  name: "tokens decode",
  summary: "Reads one JSON array of ids per line, writes one JSON string per line.",
  operands: "",
  flags: DECODE_FLAGS,
  examples: [
    "echo '[5, 17]' | deno task tokens decode --tokenizer tokenizer.json",
    `echo '"some text"' | deno task tokens encode | deno task tokens decode`,
  ],
  async run({ values, operands }) {
    refuseOperands(operands, "decode");
    const tokenizer = await open(values.tokenizer);
    for await (const { value, number } of jsonLines("decode")) {
      if (!Array.isArray(value) || !value.every((id) => typeof id === "number")) {
        throw wrongLine("decode", number);
      }
      say(JSON.stringify(tokenizer.decode(value)));
    }
    return 0;
  },
});

function refuseOperands([first]: readonly string[], command: keyof typeof WANTED): void {
  if (first === undefined) return;
  throw new UsageError(
    `Cannot ${command} ${first}: give ${WANTED[command]} per line on standard input, and the ` +
      "tokenizer with --tokenizer",
  );
}

async function open(source: string): Promise<Tokenizer> {
  (await openFile(source)).close(); // says in plain words why a file cannot be read
  return (await readTokenizer(source)).tokenizer;
}

const WANTED = { encode: "a JSON string", decode: "a JSON array of ids" };

function wrongLine(command: keyof typeof WANTED, number: number): UsageError {
  return new UsageError(`Cannot ${command} line ${number}: it is not ${WANTED[command]}`);
}

/** The values of standard input's lines, numbered from 1. */
async function* jsonLines(
  command: keyof typeof WANTED,
): AsyncGenerator<{ value: unknown; number: number }, void> {
  let number = 0;
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of lines) {
    number++;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw wrongLine(command, number);
    }
    yield { value, number };
  }
}

/**
 * Files of texts that are not documents of the corpus: good and bad ones, evaluation questions.
 *
 * @module
 */
import { TextLineStream } from "@std/streams";
import { reasonOf } from "../../cli/failure.ts";
import { UsageError } from "../../cli/flags.ts";

/** A line that holds something, and its place in the file, from 1. */
interface Line {
  readonly text: string;
  readonly number: number;
}

/** Whether a file holds one JSON value a line, packed or not. */
const isJsonLines = (path: string): boolean => /\.(?:jsonl|ndjson)(?:\.gz)?$/i.test(path);

/**
 * The `text` of each record of a JSON lines file.
 *
 * @throws {UsageError} naming the line that has none, or the file that cannot be read
 */
export async function* textsOf(path: string, flag: string): AsyncGenerator<string> {
  for await (const { text, number } of linesOf(path, flag)) {
    const record = parseLine(text, `--${flag} ${path}, line ${number}`);
    if (typeof record === "object" && record !== null && "text" in record) {
      if (typeof record.text === "string") {
        yield record.text;
        continue;
      }
    }
    throw new UsageError(
      `Cannot use --${flag} ${path}, line ${number}: it must be an object with a text`,
    );
  }
}

/**
 * The items of an evaluation: of JSON lines each record, with every text in it at any depth, and of
 * other files each line.
 *
 * @throws {UsageError} naming the line that is no record, or the file that cannot be read
 */
export async function* itemsOf(
  path: string,
  flag: string,
): AsyncGenerator<{ texts: string[]; name: string }> {
  const read = isJsonLines(path)
    ? ({ text, number }: Line) => stringsIn(parseLine(text, `--${flag} ${path}, line ${number}`))
    : ({ text }: Line) => [text];
  for await (const line of linesOf(path, flag)) {
    yield { texts: read(line), name: `${path}, line ${line.number}` };
  }
}

function parseLine(line: string, use: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new UsageError(`Cannot use ${use}: ${reasonOf(cause)}`, { cause });
  }
}

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

async function* linesOf(path: string, flag: string): AsyncGenerator<Line> {
  let number = 0;
  try {
    const { readable } = await Deno.open(path);
    const bytes = path.toLowerCase().endsWith(".gz")
      ? readable.pipeThrough(new DecompressionStream("gzip"))
      : readable;
    const text = bytes.pipeThrough(new TextDecoderStream("utf-8", { fatal: true }));
    for await (const line of text.pipeThrough(new TextLineStream())) {
      number++;
      if (line.trim() !== "") yield { text: line, number };
    }
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(
      `Cannot use --${flag} ${path}, after line ${number}: ${reasonOf(cause)}`,
      { cause },
    );
  }
}

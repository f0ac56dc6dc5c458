/**
 * Files of questions, one JSON value a line.
 *
 * @module
 */
import { TextLineStream } from "@std/streams";
import { z } from "zod";
import { reasonOf } from "../../cli/failure.ts";
import { UsageError } from "../../cli/flags.ts";

/** Options of {@linkcode readJsonLines}. */
export interface ReadOptions<T> {
  /** Makes a line's value a question; throws where it is none. */
  readonly read: (value: unknown) => T;
  /** What the lines should be, for messages. */
  readonly as: string;
}

/**
 * What `read` makes of each line, in order; empty lines are left out.
 *
 * @throws {UsageError} naming the line that is none, or saying that there is no line
 */
export async function readJsonLines<T>(file: string, { read, as }: ReadOptions<T>): Promise<T[]> {
  const made: T[] = [];
  let line = 0;
  try {
    const { readable } = await Deno.open(file);
    const lines = readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const json of lines) {
      line++;
      if (json.trim() !== "") made.push(read(JSON.parse(json)));
    }
  } catch (cause) {
    const place = line === 0 ? file : `${file}:${line}`;
    throw new UsageError(`Cannot read ${place} as ${as}: ${faultOf(cause)}`, { cause });
  }
  if (made.length === 0) throw new UsageError(`Cannot read ${file} as ${as}: it has no line`);
  return made;
}

/** What is wrong with a value, in one line. */
export function faultOf(cause: unknown): string {
  if (!(cause instanceof z.ZodError)) return reasonOf(cause);
  const [issue] = cause.issues;
  const field = issue?.path.join(".");
  return field ? `${field}: ${issue?.message}` : `${issue?.message}`;
}

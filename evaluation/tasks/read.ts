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

/** What is wrong with a value, in one line: its field and what that must be. */
export function faultOf(cause: unknown): string {
  if (!(cause instanceof z.ZodError)) return reasonOf(cause);
  const [issue] = cause.issues;
  return issue ? wordsOf(issue, []) : "it is in another form";
}

type Issue = z.core.$ZodIssue;

function wordsOf(issue: Issue, within: readonly PropertyKey[]): string {
  const path = [...within, ...issue.path];
  const inside = issue.code === "invalid_union" ? nearest(issue.errors) : undefined;
  if (inside && (inside.path.length > 0 || path.length === 0)) return wordsOf(inside, path);
  return `${path.length === 0 ? "it" : `its ${path.join(".")}`} ${requirementOf(issue)}`;
}

/** Of the alternative that a value comes nearest to: what is wrong lies deepest in it, or is least. */
function nearest(alternatives: readonly (readonly Issue[])[]): Issue | undefined {
  const distance = (all: readonly Issue[]) =>
    all.reduce((sum, { path }) => sum + 1 / Math.max(1, path.length), 0);
  return [...alternatives].sort((a, b) => distance(a) - distance(b))[0]?.[0];
}

/** With their articles. */
const TYPES: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  array: "an array",
  object: "an object",
};

function requirementOf(issue: Issue): string {
  if (issue.code === "invalid_type") return `must be ${TYPES[issue.expected] ?? issue.expected}`;
  if (issue.code === "invalid_union") {
    const types = issue.errors.flat().map((one) => requirementOf(one).replace("must be ", ""));
    return `must be ${types.join(" or ")}`;
  }
  if (issue.code !== "too_small") return issue.message;
  return issue.origin === "array"
    ? `must have at least ${issue.minimum} entries`
    : "must not be empty";
}

/**
 * Conversations out of JSONL files: `messages` as OpenAI has them, or `conversations` as ShareGPT has
 * them. A line that is none is named, counted by its reason and left out.
 *
 * @module
 */
import { TextLineStream } from "@std/streams";
import { z } from "zod";
import { reasonOf } from "../../cli/failure.ts";
import { openFile } from "../../cli/open_file.ts";
import type { Message } from "../../engine/mod.ts";

/** Why a line is left out. */
export type SkipReason =
  | "not-json"
  | "not-a-conversation"
  | "not-a-preference"
  | "no-answer"
  | "refused-by-template"
  | "too-long";

/** A line that was left out. */
export interface Skipped {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly reason: SkipReason;
  readonly detail: string;
}

/** Where a value stands. */
export interface Line {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

/** Says why a line is left out. */
export class SkipError extends Error {
  override name = "SkipError";
  readonly reason: SkipReason;

  constructor(reason: SkipReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

const text = z.union([
  z.string(),
  z.array(z.object({ type: z.literal("text"), text: z.string() }))
    .transform((parts) => parts.map(({ text }) => text).join("")),
]);
/** A turn as OpenAI writes it; its text may be in parts. */
export const openAiMessages = z.array(
  z.object({ role: z.enum(["system", "developer", "user", "assistant", "tool"]), content: text }),
).min(1);

/** Who speaks, by ShareGPT's names. */
const ROLES = {
  system: "system",
  human: "user",
  user: "user",
  gpt: "assistant",
  assistant: "assistant",
} as const;
const shareGptMessages = z.array(
  z.object({ from: z.enum(Object.keys(ROLES) as (keyof typeof ROLES)[]), value: z.string() })
    .transform(({ from, value }) => ({ role: ROLES[from], content: value })),
).min(1);

const conversation = z.union([
  z.object({ messages: openAiMessages }).transform(({ messages }) => messages),
  z.object({ conversations: shareGptMessages }).transform(({ conversations }) => conversations),
]);

/**
 * The messages of a parsed line.
 *
 * @throws {SkipError} when it is no conversation, or has no answer
 */
export function readConversation(value: unknown): readonly Message[] {
  const parsed = conversation.safeParse(value);
  if (!parsed.success) {
    throw new SkipError(
      "not-a-conversation",
      "it needs messages of {role, content}, or conversations of {from, value}",
    );
  }
  if (!parsed.data.some(({ role, content }) => role === "assistant" && content.trim() !== "")) {
    throw new SkipError("no-answer", "no message is the assistant's, or all of those are empty");
  }
  return parsed.data;
}

/**
 * What `make` makes of each line of the files, in order; lines for which it throws a
 * {@linkcode SkipError} are collected.
 *
 * @throws {UsageError} when a file cannot be read
 */
export async function readLines<T>(
  files: readonly string[],
  make: (value: unknown, at: Line) => Promise<T> | T,
): Promise<{ made: T[]; skipped: Skipped[] }> {
  const made: T[] = [];
  const skipped: Skipped[] = [];
  for (const file of files) {
    let line = 0;
    for await (const json of await linesOf(file)) {
      line++;
      if (json.trim() === "") continue;
      try {
        made.push(await make(parse(json), { file, line }));
      } catch (error) {
        if (!(error instanceof SkipError)) throw error;
        skipped.push({ file, line, reason: error.reason, detail: error.message });
      }
    }
  }
  return { made, skipped };
}

async function linesOf(file: string): Promise<ReadableStream<string>> {
  const { readable } = await openFile(file);
  return readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new SkipError("not-json", reasonOf(cause));
  }
}

/** Lines to name of each reason. */
const NAMED = 3;

/** How many were left out for which reason, and where the first of them are; nothing for none. */
export function describeSkipped(skipped: readonly Skipped[]): string[] {
  const byReason = Map.groupBy(skipped, ({ reason }) => reason);
  return [...byReason].map(([reason, lines]) => {
    const named = lines.slice(0, NAMED).map(({ file, line }) => `${file}:${line}`).join(", ");
    const more = lines.length > NAMED ? ", ..." : "";
    return `Left out ${lines.length} as ${reason}: ${named}${more} (${lines[0]?.detail})`;
  });
}

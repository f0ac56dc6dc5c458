/**
 * Token ids of a conversation. The template's special tokens are tokens; the same texts inside a
 * message are ordinary text, so that nobody can end a turn from within one.
 *
 * @module
 */
import { encodeSteps } from "../encode_steps.ts";
import { THOUGHTS } from "../constrained/mod.ts";
import type { ToolDescription } from "./conversation.ts";
import type { TextCodec } from "../text_codec.ts";
import type { RunSteps, Steps } from "../turns.ts";
import {
  type ChatTemplate,
  ChatTemplateError,
  type Message,
  type RenderOptions,
} from "./template.ts";

/** From here on looking a text through takes some time. */
const LONG_CHARS = 16 << 10;

/** A text between two of Unicode's noncharacters that is not in `text`. */
function markOutside(text: string): string {
  for (let number = 0;; number++) {
    const mark = `\ufdd0${number}\ufdd1`;
    if (!text.includes(mark)) return mark;
  }
}

/** How a conversation's ids are made. */
export interface EncodeOptions extends RenderOptions {
  /** Does what takes long. */
  readonly run: RunSteps;
}

/** A conversation that an answer continues. */
export interface EncodedPrompt {
  /** Its token ids. */
  readonly ids: number[];
  /** Whether the answer may begin with thoughts, or goes on with some. */
  readonly thinking?: "maybe" | "begun";
}

/** Makes the ids of conversations. */
export type PromptEncoder = (
  messages: readonly Message[],
  options: EncodeOptions,
) => Promise<EncodedPrompt>;

/**
 * An encoder for conversations written by `template`; it rejects with a
 * {@linkcode ChatTemplateError} where that refuses them.
 */
export function createPromptEncoder(codec: TextCodec, template: ChatTemplate): PromptEncoder {
  const specials = specialTexts(codec);
  return async (messages, { continues = false, tools, run }) => {
    const marked = await run(markSteps(messages, { specials, continues, tools }));
    const rendered = await template.write(marked.messages, {
      continues,
      ...(marked.tools && { tools: marked.tools }),
    });
    const text = continues ? cutAt(rendered, { end: marked.end, template }) : rendered;
    const ids = await run(idSteps(codec, text.split(marked.mark)));
    const isBegun = new RegExp(`${THOUGHTS.begin}\\s*$`).test(text.slice(-100));
    if (isBegun) return { ids, thinking: "begun" };
    return template.thinks && !continues ? { ids, thinking: "maybe" } : { ids };
  };
}

/** A conversation with a mark in each special token's text. */
export interface Marked {
  readonly messages: Message[];
  readonly tools: readonly ToolDescription[] | undefined;
  readonly mark: string;
  /** Stands at the end of what is continued. */
  readonly end: string;
}

/** Marks the special tokens' texts in messages and tools, and the end of what is continued. */
export function* markSteps(
  messages: readonly Message[],
  { specials, continues, tools }: {
    specials: readonly string[];
    continues: boolean;
    tools: readonly ToolDescription[] | undefined;
  },
): Steps<Marked> {
  const all = messages.map(({ content }) => content).join("") +
    JSON.stringify([messages.map(({ content: _, ...rest }) => rest), tools]);
  const mark = markOutside(all);
  const end = markOutside(all + mark);
  const marked: Message[] = [];
  for (const [at, message] of messages.entries()) {
    const { content, ...rest } = message;
    const text = yield* markText(content, { specials, mark });
    const isLast = continues && at === messages.length - 1;
    const others = yield* markValue(rest, { specials, mark });
    marked.push({ ...others, content: text + (isLast ? end : "") });
    yield;
  }
  return { messages: marked, tools: yield* markValue(tools, { specials, mark }), mark, end };
}

interface Marks {
  readonly specials: readonly string[];
  readonly mark: string;
}

function* markText(content: string, { specials, mark }: Marks): Steps<string> {
  let text = content;
  for (const special of specials) {
    text = text.replaceAll(special, `${special[0]}${mark}${special.slice(1)}`);
    if (text.length > LONG_CHARS) yield;
  }
  return text;
}

/** The same value with marks in all of its texts, names of members included. */
function* markValue<T>(value: T, marks: Marks): Steps<T> {
  if (typeof value === "string") return (yield* markText(value, marks)) as T;
  if (typeof value !== "object" || value === null) return value;
  yield;
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) items.push(yield* markValue(item, marks));
    return items as T;
  }
  const members: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    members.push([yield* markText(name, marks), yield* markValue(member, marks)]);
  }
  return Object.fromEntries(members) as T;
}

/** The ids of parts of a text, encoded apart. */
export function* idSteps(codec: TextCodec, parts: readonly string[]): Steps<number[]> {
  const [first = "", ...rest] = parts;
  const ids = yield* encodeSteps(codec, first, { allowSpecial: true });
  for (const part of rest) {
    for (const id of yield* encodeSteps(codec, part, { allowSpecial: true })) ids.push(id);
  }
  return ids;
}

/** What stands before the end of the last message. */
function cutAt(
  rendered: string,
  { end, template }: { end: string; template: ChatTemplate },
): string {
  const at = rendered.lastIndexOf(end);
  if (at !== -1) return rendered.slice(0, at);
  throw new ChatTemplateError(
    `Cannot continue the last message: the chat template ${template.name} leaves it out or changes it`,
  );
}

/** The texts of the special tokens, longest first. */
export function specialTexts(codec: TextCodec): string[] {
  const decoder = new TextDecoder();
  return Array.from({ length: codec.vocabSize }, (_, id) => id)
    .filter((id) => codec.isSpecial(id))
    .map((id) => decoder.decode(codec.bytesOf(id)))
    .filter((text) => text.length > 1)
    .sort((a, b) => b.length - a.length);
}

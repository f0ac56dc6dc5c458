/**
 * Token ids of a conversation. The template's special tokens are tokens; the same texts inside a
 * message are ordinary text, so that nobody can end a turn from within one.
 *
 * @module
 */
import { encodeSteps } from "../encode_steps.ts";
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

/** Makes the ids of conversations. */
export type PromptEncoder = (
  messages: readonly Message[],
  options: EncodeOptions,
) => Promise<number[]>;

/**
 * An encoder for conversations written by `template`; it rejects with a
 * {@linkcode ChatTemplateError} where that refuses them.
 */
export function createPromptEncoder(codec: TextCodec, template: ChatTemplate): PromptEncoder {
  const specials = specialTexts(codec);
  return async (messages, { continues = false, run }) => {
    const { marked, mark, end } = await run(markSteps(messages, { specials, continues }));
    const rendered = await template.write(marked, { continues });
    const parts = (continues ? cutAt(rendered, { end, template }) : rendered).split(mark);
    return await run(idSteps(codec, parts));
  };
}

/** Messages with a mark in each special token's text, and one at the end of what is continued. */
export function* markSteps(
  messages: readonly Message[],
  { specials, continues }: { specials: readonly string[]; continues: boolean },
): Steps<{ marked: Message[]; mark: string; end: string }> {
  const all = messages.map(({ content }) => content).join("");
  const mark = markOutside(all);
  const end = markOutside(all + mark);
  const marked: Message[] = [];
  for (const [at, { role, content }] of messages.entries()) {
    let text = content;
    for (const special of specials) {
      text = text.replaceAll(special, `${special[0]}${mark}${special.slice(1)}`);
      if (text.length > LONG_CHARS) yield;
    }
    marked.push({ role, content: text + (continues && at === messages.length - 1 ? end : "") });
    yield;
  }
  return { marked, mark, end };
}

/** The ids of parts of a text, encoded apart. */
export function* idSteps(codec: TextCodec, parts: readonly string[]): Steps<number[]> {
  const ids: number[][] = [];
  for (const part of parts) ids.push(yield* encodeSteps(codec, part, { allowSpecial: true }));
  return ids.flat();
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

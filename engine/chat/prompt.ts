/**
 * Token ids of a conversation. The template's special tokens are tokens; the same texts inside a
 * message are ordinary text, so that nobody can end a turn from within one.
 *
 * @module
 */
import { encodeSteps } from "../encode_steps.ts";
import type { TextCodec } from "../text_codec.ts";
import type { Steps } from "../turns.ts";
import {
  type ChatTemplate,
  ChatTemplateError,
  type Message,
  type RenderOptions,
} from "./template.ts";

/** A text between two of Unicode's noncharacters that is not in `text`. */
function markOutside(text: string): string {
  for (let number = 0;; number++) {
    const mark = `\ufdd0${number}\ufdd1`;
    if (!text.includes(mark)) return mark;
  }
}

/** Makes the ids of conversations. */
export type PromptEncoder = (
  messages: readonly Message[],
  options?: RenderOptions,
) => Steps<number[]>;

/**
 * An encoder for conversations written by `template`; it throws a {@linkcode ChatTemplateError} where
 * that refuses them.
 */
export function createPromptEncoder(codec: TextCodec, template: ChatTemplate): PromptEncoder {
  const specials = specialTexts(codec);
  return function* (messages, { continues = false } = {}) {
    const all = messages.map(({ content }) => content).join("");
    const mark = markOutside(all);
    const end = markOutside(all + mark);
    const marked = messages.map(({ role, content }, at) => ({
      role,
      content: specials.reduce(
        (text, special) => text.replaceAll(special, `${special[0]}${mark}${special.slice(1)}`),
        content,
      ) + (continues && at === messages.length - 1 ? end : ""),
    }));
    const rendered = template.render(marked, { continues });
    const parts = (continues ? cutAt(rendered, { end, template }) : rendered).split(mark);
    const ids: number[][] = [];
    for (const part of parts) ids.push(yield* encodeSteps(codec, part, { allowSpecial: true }));
    return ids.flat();
  };
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
function specialTexts(codec: TextCodec): string[] {
  const decoder = new TextDecoder();
  return Array.from({ length: codec.vocabSize }, (_, id) => id)
    .filter((id) => codec.isSpecial(id))
    .map((id) => decoder.decode(codec.bytesOf(id)))
    .filter((text) => text.length > 1)
    .sort((a, b) => b.length - a.length);
}

/**
 * Token ids of a conversation. The template's special tokens are tokens; the same texts inside a
 * message are ordinary text, so that nobody can end a turn from within one.
 *
 * @module
 */
import type { TextCodec } from "../text_codec.ts";
import type { ChatTemplate, Message } from "./template.ts";

/** Unicode's noncharacters: no message has a reason to hold them. */
const MARKS = Array.from({ length: 32 }, (_, i) => String.fromCharCode(0xfdd0 + i));

/** Makes the ids of conversations. */
export type PromptEncoder = (messages: readonly Message[]) => number[];

/**
 * An encoder for conversations written by `template`; it throws a {@linkcode ChatTemplateError} where
 * that refuses them.
 */
export function createPromptEncoder(codec: TextCodec, template: ChatTemplate): PromptEncoder {
  const specials = specialTexts(codec);
  return (messages) => {
    const all = messages.map(({ content }) => content).join("");
    const mark = MARKS.find((each) => !all.includes(each));
    if (mark === undefined) throw new RangeError("there is every one of Unicode's noncharacters");
    const marked = messages.map(({ role, content }) => ({
      role,
      content: specials.reduce(
        (text, special) => text.replaceAll(special, `${special[0]}${mark}${special.slice(1)}`),
        content,
      ),
    }));
    const parts = template.render(marked).split(mark);
    return parts.flatMap((part) => Array.from(codec.encode(part, { allowSpecial: true })));
  };
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

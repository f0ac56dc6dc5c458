/**
 * Conversations as training examples: their ids, and which of them the assistant wrote. A template
 * says so itself by `{% generation %}`, as transformers reads it; one that does not is rendered turn
 * by turn instead.
 *
 * @module
 */
import type { TextCodec } from "../text_codec.ts";
import type { Steps } from "../turns.ts";
import type { Message, TemplateSource } from "./conversation.ts";
import { idSteps, markSteps, specialTexts } from "./prompt.ts";
import { ChatTemplateError, createChatTemplate } from "./template.ts";

/** A conversation as a model reads it. */
export interface ChatExample {
  /** What the template makes of it. */
  readonly text: string;
  /** Token ids of the text. */
  readonly ids: Uint32Array;
  /** 1 for each id of an answer, the one that ends it included, else 0. */
  readonly mask: Uint8Array;
}

/** Unicode's noncharacters, which begin and end an answer in the template's text. */
const BEGIN = "\ufdd2";
const END = "\ufdd3";
const MARKS = /[\ufdd0-\ufdd3]/;

const TAG = /\{%(-?)\s*(end)?generation\s*(-?)%\}/g;

/**
 * An encoder of whole conversations by `template`; it rejects with a {@linkcode ChatTemplateError}
 * for those it makes nothing of.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { trainTokenizer } from "../../tokenizer/mod.ts";
 * import { createExampleEncoder } from "./example.ts";
 * const codec = await trainTokenizer(["hi there"], { vocabSize: 258 });
 * const source = "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}" +
 *   "{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}";
 * const encode = createExampleEncoder(codec, { source, name: "mine", tokens: {} });
 * const messages = [{ role: "user", content: "a" }, { role: "assistant", content: "bc" }];
 * const { text, mask } = await encode(messages);
 * assertEquals([text, ...mask], ["abc", 0, 1, 1]);
 * ```
 */
export function createExampleEncoder(
  codec: TextCodec,
  { source, name, tokens }: TemplateSource,
): (messages: readonly Message[]) => Promise<ChatExample> {
  const marked = source.replace(TAG, (_, left: string, isEnd: string, right: string) => {
    // Blocks, so that white space beside them is trimmed as beside the tag.
    return `{%${left} if true %}{{ "${isEnd ? END : BEGIN}" }}{% endif ${right}%}`;
  });
  const template = createChatTemplate(marked, { name, tokens });
  const specials = specialTexts(codec);
  return async (messages) => {
    if (messages.some(({ role, content }) => MARKS.test(role + content))) {
      throw new ChatTemplateError("Cannot use a conversation with noncharacters of Unicode in it");
    }
    const { messages: safe, mark } = atOnce(
      markSteps(messages, { specials, continues: false, tools: undefined }),
    );
    const rendered = await template.write(safe, { isComplete: true });
    const whole = marked === source ? await markTurns(safe, rendered) : rendered;
    return encodeMarked(codec, { whole, mark });
  };

  /** Marks each answer as what the template adds for it after its call for an answer. */
  async function markTurns(all: readonly Message[], rendered: string): Promise<string> {
    let [whole, from] = ["", 0];
    for (const [at, { role }] of all.entries()) {
      if (role !== "assistant") continue;
      const before = await template.write(all.slice(0, at));
      const after = at + 1 === all.length
        ? rendered
        : await template.write(all.slice(0, at + 1), { isComplete: true });
      if (!rendered.startsWith(before) || !rendered.startsWith(after)) {
        throw new ChatTemplateError(
          `Cannot tell answers apart by the chat template ${name}: it has no {% generation %}, and ` +
            "changes earlier turns",
        );
      }
      whole += rendered.slice(from, before.length) + BEGIN +
        rendered.slice(before.length, after.length) + END;
      from = after.length;
    }
    return whole + rendered.slice(from);
  }
}

/** The ids of a text in which answers and cuts are marked. */
function encodeMarked(
  codec: TextCodec,
  { whole, mark }: { whole: string; mark: string },
): ChatExample {
  const bytes = new TextEncoder();
  const parts = [""];
  /** Bytes of the text at which answers begin and end, in turn. */
  const bounds: number[] = [];
  let size = 0;
  for (const piece of whole.split(new RegExp(`(${mark}|${BEGIN}|${END})`))) {
    if (piece === mark) parts.push("");
    else if (piece === BEGIN || piece === END) bounds.push(size);
    else {
      size += bytes.encode(piece).length;
      parts[parts.length - 1] += piece;
    }
  }
  const ids = Uint32Array.from(atOnce(idSteps(codec, parts)));
  const mask = new Uint8Array(ids.length);
  let [at, bound] = [0, 0];
  ids.forEach((id, index) => {
    const end = at + (codec.bytesOf(id)?.length ?? 0);
    while ((bounds[bound + 1] ?? Infinity) <= at) bound += 2;
    if (end > (bounds[bound] ?? Infinity)) mask[index] = 1;
    at = end;
  });
  if (at !== size) {
    throw new ChatTemplateError(
      `Cannot find the answers in a conversation: its tokens have ${at} bytes and its text ${size}`,
    );
  }
  return { text: parts.join(""), ids, mask };
}

/** The result of steps that nobody waits between. */
function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value as T;
  }
}

/**
 * Chat templates: how a conversation becomes one text, in Jinja as Hugging Face's tokenizers have it.
 *
 * @module
 */
import { Template } from "@huggingface/jinja";
import { renderWithin } from "./budget.ts";

/** One turn of a conversation. */
export interface Message {
  /** Who speaks, such as `system`, `user` or `assistant`: what the template knows. */
  readonly role: string;
  /** What is said, as plain text. */
  readonly content: string;
}

/** How a conversation is to end. */
export interface RenderOptions {
  /** An answer is to continue the last message, not to follow it. */
  readonly continues?: boolean;
}

/** A way to write a conversation down. */
export interface ChatTemplate {
  /** Where it comes from, for messages. */
  readonly name: string;
  /** Ends of an answer that the model may not mark with a token. */
  readonly stops: readonly string[];
  /**
   * The text that an answer continues.
   *
   * @throws {ChatTemplateError} when the template refuses the messages, breaks or takes too long
   */
  render(messages: readonly Message[], options?: RenderOptions): string;
}

/** Thrown where a template makes no text of messages. */
export class ChatTemplateError extends Error {
  /** The name that messages and stack traces begin with. */
  override name = "ChatTemplateError";
}

/** Texts that templates refer to, such as `bos_token`. */
export type TemplateTokens = Readonly<Record<string, string>>;

/** Longest template. */
const MAX_TEMPLATE_CHARS = 256 << 10;
/** Longest white space in one: reading it takes time by its square. */
const MAX_SPACES = 400;

/**
 * A template out of its source.
 *
 * @throws {ChatTemplateError} when the source is no Jinja that can be read, or too long
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createChatTemplate } from "./template.ts";
 * const source = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}";
 * const template = createChatTemplate(source, { name: "mine" });
 * assertEquals(template.render([{ role: "user", content: "Hi" }]), "<user>Hi");
 * ```
 */
export function createChatTemplate(
  source: string,
  { name, tokens = {}, stops = [] }: {
    name: string;
    tokens?: TemplateTokens;
    stops?: readonly string[];
  },
): ChatTemplate {
  if (source.length > MAX_TEMPLATE_CHARS) {
    throw new ChatTemplateError(
      `Cannot read the chat template ${name}: it has more than ${MAX_TEMPLATE_CHARS} characters`,
    );
  }
  if (hasSpaces(source, MAX_SPACES + 1)) {
    throw new ChatTemplateError(
      `Cannot read the chat template ${name}: it has more than ${MAX_SPACES} characters of white ` +
        "space in a row",
    );
  }
  const { parsed } = attempt(() => new Template(source), `Cannot read the chat template ${name}`);
  return {
    name,
    stops,
    render: (messages, { continues = false } = {}) =>
      attempt(
        () =>
          renderWithin(parsed, {
            ...tokens,
            messages,
            // A template may ask whether there are any.
            tools: null,
            documents: null,
            add_generation_prompt: !continues,
            continue_final_message: continues,
          }),
        `Cannot write the messages down with the chat template ${name}`,
      ),
  };
}

/** Whether so many characters of white space follow one another. */
function hasSpaces(source: string, count: number): boolean {
  // Only where one begins, so that each is looked at once.
  return new RegExp(`(?<!\\s)\\s{${count}}`).test(source);
}

function attempt<T>(make: () => T, what: string): T {
  try {
    return make();
  } catch (cause) {
    // Whatever a template does wrong is told: nothing but the template and the messages is involved.
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ChatTemplateError(`${what}: ${reason}`, { cause });
  }
}

/**
 * For models that come with no template, which have mostly never seen a conversation: each turn under
 * its role's name, in plain words that a text could have. An answer ends where the model goes on
 * with another turn.
 */
export const DEFAULT_TEMPLATE: ChatTemplate = createChatTemplate(
  "{% for message in messages %}{{ message.role | capitalize }}:\n{{ message.content }}\n\n" +
    "{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:\n' }}{% endif %}",
  { name: "default", stops: ["\n\nUser:", "\n\nSystem:", "\n\nAssistant:"] },
);

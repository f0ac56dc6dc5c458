/**
 * Chat templates: how a conversation becomes one text, in Jinja as Hugging Face's tokenizers have it.
 *
 * @module
 */
import { Template } from "@huggingface/jinja";
import { MAX_STEPS, renderWithin, StepsError } from "./budget.ts";
import { THOUGHTS } from "../constrained/mod.ts";
import type { Message, RenderOptions, TemplateTokens } from "./conversation.ts";
import { TemplateThread } from "./template_thread.ts";
import { inWords, type ToolForm, toolFormOf } from "./tool_form.ts";

export type { Message, RenderOptions, TemplateTokens };

/** A way to write a conversation down. */
export interface ChatTemplate {
  /** Where it comes from, for messages. */
  readonly name: string;
  /** Ends of an answer that the model may not mark with a token. */
  readonly stops: readonly string[];
  /** How the model's answers call tools. */
  readonly toolForm: ToolForm;
  /** Whether they may begin with thoughts. */
  readonly thinks: boolean;
  /** Takes its place where there are tools. */
  readonly forTools?: ChatTemplate;
  /**
   * The text that an answer continues.
   *
   * @throws {ChatTemplateError} when the template refuses the messages, breaks or takes too long
   */
  render(messages: readonly Message[], options?: RenderOptions): string;
  /** The same; what takes more than a few milliseconds is done in another thread. */
  write(messages: readonly Message[], options?: RenderOptions): Promise<string>;
}

/** Thrown where a template makes no text of messages. */
export class ChatTemplateError extends Error {
  /** The name that messages and stack traces begin with. */
  override name = "ChatTemplateError";
}

/** Steps of a conversation that are taken at once, about three milliseconds. */
const SHORT_STEPS = 1000;
/** Characters of one: a single step may look at all of them several times. */
const SHORT_CHARS = 32 << 10;

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
  const what = `Cannot write the messages down with the chat template ${name}`;
  const thread = new TemplateThread({ source, name, tokens });
  const toolForm = toolFormOf(source);
  const render = (
    messages: readonly Message[],
    { continues = false, isComplete = false, tools }: RenderOptions,
    { maxSteps }: { maxSteps: number },
  ) =>
    renderWithin(parsed, {
      ...tokens,
      messages,
      // A template may ask whether there are any.
      tools: tools ?? null,
      documents: null,
      add_generation_prompt: !continues && !isComplete,
      continue_final_message: continues,
    }, { maxSteps });
  /** Without tools, where the template has no words for them. */
  const toldOf = (messages: readonly Message[], options: RenderOptions) =>
    toolForm.name === "generic" ? inWords(messages, options) : { messages, options };
  return {
    name,
    stops,
    toolForm,
    thinks: source.includes(THOUGHTS.begin) || source.includes(THOUGHTS.end),
    render(said, given = {}) {
      const { messages, options } = toldOf(said, given);
      return attempt(() => render(messages, options, { maxSteps: MAX_STEPS }), what);
    },
    async write(said, given = {}) {
      const { messages, options } = toldOf(said, given);
      try {
        if (isShort(messages, options)) return render(messages, options, { maxSteps: SHORT_STEPS });
      } catch (cause) {
        if (!(cause instanceof StepsError)) throw failure(what, cause);
      }
      try {
        return await thread.render(messages, options);
      } catch (cause) {
        throw failure(what, cause);
      }
    },
  };
}

function isShort(messages: readonly Message[], { tools }: RenderOptions): boolean {
  if (messages.reduce((sum, { content }) => sum + content.length, 0) > SHORT_CHARS) return false;
  const calls = messages.flatMap(({ tool_calls = [], reasoning_content = "" }) => [
    reasoning_content,
    ...tool_calls,
  ]);
  return JSON.stringify([calls, tools]).length <= SHORT_CHARS;
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
    throw failure(what, cause);
  }
}

/** Whatever a template does wrong is told: nothing but the template and the messages is involved. */
const failure = (what: string, cause: unknown) =>
  new ChatTemplateError(`${what}: ${reasonOf(cause)}`, { cause });

/** What an error says. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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

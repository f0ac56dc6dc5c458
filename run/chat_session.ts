/**
 * A conversation with a model: what was said, and the next answer to it.
 *
 * @module
 */
import {
  type ChatTemplate,
  createPromptEncoder,
  DEFAULT_TEMPLATE,
  generate,
  type GenerateOptions,
  type Message,
  type Steps,
} from "../engine/mod.ts";
import type { Writer } from "./continue_text.ts";

/** Options of {@linkcode ChatSession}. */
export interface ChatSessionOptions {
  readonly writer: Writer;
  readonly template: ChatTemplate | undefined;
  /** Said before everything else. */
  readonly system?: string | undefined;
  /** What was said before; nothing by default. */
  readonly messages?: readonly Message[];
  /** How tokens are drawn. */
  readonly sampling: Omit<
    GenerateOptions,
    "scheduler" | "codec" | "promptIds" | "signal" | "stopIds" | "stop"
  >;
}

/**
 * A conversation. Where it grows beyond the model's context, its oldest turns are left out of what the
 * model reads.
 */
export class ChatSession {
  readonly #options: ChatSessionOptions;
  readonly #template: ChatTemplate;
  readonly #encode: ReturnType<typeof createPromptEncoder>;
  #system: string;
  #messages: Message[];
  #asked = 0;

  constructor(options: ChatSessionOptions) {
    this.#options = options;
    this.#template = options.template ?? DEFAULT_TEMPLATE;
    this.#encode = createPromptEncoder(options.writer.codec, this.#template);
    this.#system = options.system ?? "";
    this.#messages = [...options.messages ?? []];
  }

  /** All messages so far, the system's first. */
  get messages(): readonly Message[] {
    const system = { role: "system", content: this.#system };
    return this.#system === "" ? this.#messages : [system, ...this.#messages];
  }

  /** Forgets what was said; with `system`, begins with that from now on. */
  reset(system: string = this.#system): void {
    this.#system = system;
    this.#messages = [];
  }

  /** Takes the last question and its answer back; returns the question, if there is one. */
  undo(): string | undefined {
    const at = this.#messages.findLastIndex(({ role }) => role === "user");
    if (at < 0) return undefined;
    return this.#messages.splice(at)[0]?.content;
  }

  /**
   * The answer to `question`, piece by piece. What came of it is kept when `signal` ends it early.
   *
   * @throws {ChatTemplateError} when the template refuses the messages
   */
  async *answer(
    question: string,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<string, void> {
    const { writer, sampling } = this.#options;
    this.#messages.push({ role: "user", content: question });
    let text = "";
    try {
      const pieces = generate({
        ...sampling,
        ...writer,
        promptIds: await this.#prompt(),
        stop: this.#template.stops,
        // Another answer to the same question is drawn otherwise.
        seed: (sampling.seed ?? 0) + this.#asked++,
        signal,
      });
      for await (const piece of pieces) {
        text += piece.text;
        yield piece.text;
      }
    } catch (error) {
      if (!signal.aborted) {
        this.#messages.pop();
        throw error;
      }
    }
    this.#messages.push({ role: "assistant", content: text });
  }

  /** Ids of as many of the latest turns as leave room for an answer. */
  async #prompt(): Promise<number[]> {
    const { writer: { scheduler }, sampling: { maxTokens } } = this.#options;
    const context = scheduler.engine.config.max_position_embeddings;
    const room = context - Math.min(maxTokens, Math.floor(context / 2));
    let messages = this.messages;
    for (;;) {
      const { ids } = await this.#encode(messages, { run: atOnce });
      const isSystem = messages[0]?.role === "system";
      const from = isSystem ? 1 : 0;
      const second = messages.findIndex(({ role }, at) => at > from && role === "user");
      if (ids.length <= room || second < 0) return ids;
      messages = [...messages.slice(0, from), ...messages.slice(second)];
    }
  }
}

function atOnce<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return Promise.resolve(value as T);
  }
}

/**
 * `POST /v1/chat/completions`: the next turn of a conversation.
 *
 * @module
 */
import { type AdapterModel, answer, type AnswerContext, type AnswerForm } from "../answer.ts";
import { ApiError } from "../../api_error.ts";
import {
  type ChatTemplate,
  ChatTemplateError,
  createPromptEncoder,
  DEFAULT_TEMPLATE,
  type PlacedToken,
  type PromptEncoder,
  type Steps,
  type TextCodec,
} from "../../../engine/mod.ts";
import { chatLogprobs } from "./logprobs.ts";
import { type ChatRequest, parseChatRequest } from "./request.ts";

export { CHAT_BODY } from "./request.ts";

/** Answers a request body. */
export type Chat = (body: unknown, context: AnswerContext) => Promise<Response>;

/**
 * Chat over the model whose tokenizer is `codec`, and its adapters by their names. What it returns throws an {@linkcode ApiError} as
 * `answer` does, and 400 where the template makes no text of the messages.
 */
export function createChat(
  codec: TextCodec,
  template: ChatTemplate = DEFAULT_TEMPLATE,
  adapters: ReadonlyMap<string, AdapterModel> = new Map(),
): Chat {
  const encoders = new Map<ChatTemplate, PromptEncoder>();
  const templateOf = (model = "") => adapters.get(model)?.chatTemplate ?? template;
  return async (body, context) => {
    const request = parseChatRequest(body, context.sampling);
    const own = templateOf(request.model);
    const encode = encoders.get(own) ?? createPromptEncoder(codec, own);
    encoders.set(own, encode);
    const run = <T>(work: Steps<T>) => context.turns.run(work, context);
    const promptIds = await refusing(() => encode(request.messages, { ...request, run }));
    const stop = [...request.stop, ...own.stops];
    return await answer({ ...request, stop, prompts: [promptIds] }, {
      form: chatForm(request, codec),
      context,
      promptField: "messages",
    });
  };
}

async function refusing<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    if (!(cause instanceof ChatTemplateError)) throw cause;
    throw new ApiError(cause.message, {
      status: 400,
      param: "messages",
      code: "chat_template_error",
      cause,
    });
  }
}

/** The form of OpenAI's chat: a stream tells the role first, then text, then why it ended. */
function chatForm({ topLogprobs }: ChatRequest, codec: TextCodec): AnswerForm {
  const role = "assistant";
  const logprobs = (scored: readonly PlacedToken[]) =>
    topLogprobs === undefined ? null : chatLogprobs(scored, codec);
  return {
    idPrefix: "chatcmpl-",
    object: "chat.completion",
    chunkObject: "chat.completion.chunk",
    whole: ({ index, text, scored, finishReason }) => ({
      index,
      message: { role, content: text, refusal: null },
      logprobs: logprobs(scored),
      finish_reason: finishReason,
    }),
    opening: (index) => ({
      index,
      delta: { role, content: "", refusal: null },
      logprobs: null,
      finish_reason: null,
    }),
    chunks({ choice: index, text, scored, finishReason }) {
      const delta = { index, delta: { content: text }, logprobs: logprobs(scored) };
      const end = { index, delta: {}, logprobs: null, finish_reason: finishReason };
      return [
        ...(text || scored.length > 0 ? [{ ...delta, finish_reason: null }] : []),
        ...(finishReason ? [end] : []),
      ];
    },
  };
}

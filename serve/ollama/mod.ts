/**
 * Ollama's API: `/api/generate`, `/api/chat`, `/api/embed`, `/api/embeddings`, `/api/tags`, `/api/ps`,
 * `/api/show` and `/api/version`.
 *
 * @module
 */
import { createAnswerReader, DEFAULT_TEMPLATE, encodeSteps } from "../../engine/mod.ts";
import {
  type ChatContext,
  type ChatRequest,
  openTurn,
  type PrepareTurn,
} from "../openai/chat/mod.ts";
import { randomId } from "../openai/generation.ts";
import { answerTurn, head, type Wording } from "./answer.ts";
import { type OllamaModel, parseChat, parseGenerate } from "./request.ts";

export { withoutTag } from "./fields.ts";
export { answerEmbed, answerEmbedPrompt, EMBED_BODY, EMBED_PROMPT_BODY } from "./embed.ts";
export { describeModel, listModels, listRunning, type OllamaDetails, SHOW_BODY } from "./models.ts";
export { CHAT_BODY as OLLAMA_CHAT_BODY, GENERATE_BODY, type OllamaModel } from "./request.ts";

const GENERATE = {
  prompt: "prompt",
  format: "format",
  tool: () => "format",
};
const CHAT = {
  prompt: "messages",
  format: "format",
  tool: (index: number) => `tools.${index}.function.parameters`,
};

const inGenerate: Wording = ({ text, thinking }) => ({
  response: text,
  ...(thinking && { thinking }),
});
const inChat: Wording = ({ text, thinking, calls }) => ({
  message: {
    role: "assistant",
    content: text,
    ...(thinking && { thinking }),
    ...(calls.length > 0 && { tool_calls: calls }),
  },
});

/** Answers a body of `/api/generate`. @throws {ApiError} as turns do */
export async function answerGenerate(body: unknown, context: ChatContext): Promise<Response> {
  const began = performance.now();
  const asked = parseGenerate(body, modelOf(context));
  if (asked.kind === "load") return loaded(context, inGenerate);
  const turn = asked.kind === "chat"
    ? await openTurn(asked.request, { context, named: GENERATE })
    : await openTurn(plain(asked.sampling), {
      context: { ...context, prepare: continuing(asked.prompt) },
      named: GENERATE,
    });
  const { stallMs, modelName } = context;
  const { stream } = asked;
  const model = (asked.kind === "chat" ? asked.request : asked.sampling).model ?? modelName;
  return await answerTurn(turn, { model, wording: inGenerate, began, stream, stallMs });
}

/** Answers a body of `/api/chat`. @throws {ApiError} as turns do */
export async function answerOllamaChat(body: unknown, context: ChatContext): Promise<Response> {
  const began = performance.now();
  const { request, stream } = parseChat(body, modelOf(context));
  if (!request) return loaded(context, inChat);
  const turn = await openTurn(request, { context, named: CHAT });
  const { stallMs, modelName } = context;
  const { model = modelName } = request;
  return await answerTurn(turn, { model, wording: inChat, began, stream, stallMs });
}

function modelOf({ sampling, scheduler, chatTemplate }: ChatContext): OllamaModel {
  return {
    defaults: sampling,
    context: scheduler.engine.config.max_position_embeddings,
    thinks: (chatTemplate ?? DEFAULT_TEMPLATE).thinks,
    chats: chatTemplate !== undefined,
  };
}

/** A request without a conversation. */
function plain(sampling: Omit<ChatRequest, "messages" | "toolChoice" | "continues">): ChatRequest {
  const toolChoice = { tools: [], choice: "none" as const, several: false };
  return { ...sampling, messages: [], toolChoice, continues: false };
}

/** A turn that goes on with a text as it is. */
function continuing(prompt: string): PrepareTurn {
  return async (request, { context: { codec, turns, client, signal } }) => {
    const ids = await turns.run(encodeSteps(codec, prompt, { addPrefix: true }), {
      client,
      signal,
    });
    const { jsonSchema: schema } = request;
    return {
      task: { ...request, prompts: [ids], ...(schema && { shape: { schema } }) },
      createReader: () => createAnswerReader({}),
      callId: randomId,
    };
  };
}

/** The answer to who only wants the model to be there, as it is. */
function loaded({ modelName }: ChatContext, wording: Wording): Response {
  const nothing = wording({ text: "", thinking: "", calls: [] });
  return Response.json({ ...head(modelName), ...nothing, done: true, done_reason: "load" });
}

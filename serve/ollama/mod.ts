/**
 * Ollama's API: `/api/generate`, `/api/chat`, `/api/embed`, `/api/tags`, `/api/show` and
 * `/api/version`.
 *
 * @module
 */
import { createAnswerReader, encodeSteps } from "../../engine/mod.ts";
import { unknownModel } from "../openai/answer_checks.ts";
import { type ChatRequest, openTurn, type PrepareTurn } from "../openai/chat/mod.ts";
import { type AnswerContext, randomId } from "../openai/generation.ts";
import { answerTurn, head, type Wording } from "./answer.ts";
import { modelName } from "./fields.ts";
import { type OllamaModel, parseChat, parseGenerate } from "./request.ts";

export { answerEmbed, EMBED_BODY } from "./embed.ts";
export { describeModel, listModels, type OllamaDetails, SHOW_BODY } from "./models.ts";
export { CHAT_BODY as OLLAMA_CHAT_BODY, GENERATE_BODY, type OllamaModel } from "./request.ts";

/** Answers a request body. */
export type OllamaRoute = (body: unknown, context: AnswerContext) => Promise<Response>;

/** What is generated with. */
export interface OllamaOptions {
  readonly prepare: PrepareTurn;
  readonly model: Pick<OllamaModel, "thinks" | "chats">;
}

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

/** `/api/generate`; throws an {@linkcode ApiError} as turns do. */
export function createGenerate({ prepare, model }: OllamaOptions): OllamaRoute {
  return async (body, context) => {
    const began = performance.now();
    const asked = parseGenerate(body, { ...model, ...limitsOf(context) });
    if (asked.kind === "load") return loaded(context, inGenerate);
    const turn = asked.kind === "chat"
      ? await openTurn(asked.request, { context, prepare, named: GENERATE })
      : await openTurn(plain(asked.sampling), {
        context,
        prepare: continuing(asked.prompt),
        named: GENERATE,
      });
    const { stallMs, modelName: model_ } = context;
    return await answerTurn(turn, {
      model: model_,
      wording: inGenerate,
      began,
      stream: asked.stream,
      stallMs,
    });
  };
}

/** `/api/chat`; throws an {@linkcode ApiError} as turns do. */
export function createOllamaChat({ prepare, model }: OllamaOptions): OllamaRoute {
  return async (body, context) => {
    const began = performance.now();
    const { request, stream } = parseChat(body, { ...model, ...limitsOf(context) });
    if (!request) return loaded(context, inChat);
    const turn = await openTurn(request, { context, prepare, named: CHAT });
    const { stallMs, modelName } = context;
    return await answerTurn(turn, { model: modelName, wording: inChat, began, stream, stallMs });
  };
}

function limitsOf({ sampling, scheduler }: AnswerContext) {
  return { defaults: sampling, context: scheduler.engine.config.max_position_embeddings };
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
function loaded({ modelName }: AnswerContext, wording: Wording): Response {
  const nothing = wording({ text: "", thinking: "", calls: [] });
  return Response.json({ ...head(modelName), ...nothing, done: true, done_reason: "load" });
}

/** Refuses a model that is not served. @throws {ApiError} 404 */
export function checkModel(model: string, served: string): void {
  if (modelName(model) !== served) throw unknownModel(model);
}

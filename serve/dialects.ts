/**
 * The routes of other protocols over the same answers: OpenAI's responses, Anthropic's messages and
 * Ollama's API.
 *
 * @module
 */
import type { Hono, MiddlewareHandler } from "hono";
import { DEFAULT_TEMPLATE } from "../engine/mod.ts";
import { notesOf } from "./access_log.ts";
import { visibleModels } from "./key_access.ts";
import { answerMessages, countTokens, messagesError } from "./anthropic/mod.ts";
import type { ErrorBody } from "./api_error.ts";
import {
  answerEmbed,
  answerEmbedPrompt,
  answerGenerate,
  answerOllamaChat,
  describeModel,
  listModels,
  listRunning,
  type OllamaDetails,
} from "./ollama/mod.ts";
import type { ModelPool, ServedModel } from "./model_pool.ts";
import type { ChatContext } from "./openai/chat/mod.ts";
import { createResponses } from "./openai/responses/mod.ts";
import project from "../deno.json" with { type: "json" };

/** Adds a route that reads JSON; it is answered by the model that the body names. */
export type AddPost = (
  path: string,
  answer: (body: unknown, context: ChatContext) => Response | Promise<Response>,
) => void;

/** Adds the routes. */
export function addDialects(
  app: Hono,
  { post, models }: { post: AddPost; models: ModelPool },
): void {
  const responses = createResponses();
  post("/v1/responses", responses.create);
  const one = "/v1/responses/:id";
  app.get(one, (context) => responses.retrieve(context.req.param("id"), notesOf(context).client));
  app.delete(one, (context) => responses.remove(context.req.param("id"), notesOf(context).client));
  post("/v1/messages", answerMessages);
  post("/v1/messages/count_tokens", countTokens);
  post("/api/generate", answerGenerate);
  post("/api/chat", answerOllamaChat);
  post("/api/embed", answerEmbed);
  post("/api/embeddings", answerEmbedPrompt);
  post("/api/show", (body, context) => Response.json(describeModel(body, detailsOf(context))));
  app.get("/api/tags", async (context) => {
    const loaded = new Map(models.loaded.map((model) => [model.modelName, detailsOf(model)]));
    const names = (await visibleModels(context, models)).map(({ name }) => name);
    return context.json(listModels(names.map((name) => loaded.get(name) ?? { name })));
  });
  app.get("/api/ps", async (context) => {
    const visible = new Set((await visibleModels(context, models)).map(({ name }) => name));
    const running = models.loaded.filter(({ modelName }) => visible.has(modelName));
    return context.json(listRunning(running.map(detailsOf)));
  });
  app.get("/api/version", (context) => context.json({ version: project.version }));
}

function detailsOf(
  { modelName, scheduler: { engine }, chatTemplate, since }: ServedModel | ChatContext,
): OllamaDetails {
  return {
    name: modelName,
    config: engine.config,
    fingerprint: engine.fingerprint,
    since,
    chats: chatTemplate !== undefined,
    thinks: (chatTemplate ?? DEFAULT_TEMPLATE).thinks,
    embeds: engine.embeds ?? false,
  };
}

/** Puts errors into the words of the protocol that a route belongs to. */
export function wordErrors(): MiddlewareHandler {
  return async (context, next) => {
    await next();
    const { path } = context.req;
    const { status, headers } = context.res;
    const isMessages = path === "/v1/messages" || path.startsWith("/v1/messages/");
    if (status < 400 || context.res.body === null || !(isMessages || path.startsWith("/api/"))) {
      return;
    }
    const body: ErrorBody = await context.res.json();
    const worded = isMessages
      ? messagesError(body, { status, requestId: notesOf(context).id })
      : { error: messageOf(body) };
    const kept = new Headers(headers);
    kept.delete("content-length");
    // Hono adds the headers of the response before.
    context.res = undefined;
    context.res = new Response(JSON.stringify(worded), { status, headers: kept });
  };
}

/** Ollama's errors are a text; it says which field is at fault. */
function messageOf({ error: { message, param } }: ErrorBody): string {
  return param === null || message.includes(param) ? message : `${param}: ${message}`;
}

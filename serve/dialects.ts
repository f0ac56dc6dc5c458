/**
 * The routes of other protocols over the same answers: OpenAI's responses, Anthropic's messages and
 * Ollama's API.
 *
 * @module
 */
import type { Context, Hono, MiddlewareHandler } from "hono";
import { type ChatTemplate, DEFAULT_TEMPLATE } from "../engine/mod.ts";
import { createMessages, messagesError } from "./anthropic/mod.ts";
import type { ErrorBody } from "./api_error.ts";
import {
  answerEmbed,
  createGenerate,
  createOllamaChat,
  describeModel,
  listModels,
  type OllamaDetails,
} from "./ollama/mod.ts";
import type { PrepareTurn } from "./openai/chat/mod.ts";
import type { AnswerContext } from "./openai/generation.ts";
import { createResponses } from "./openai/responses/mod.ts";
import project from "../deno.json" with { type: "json" };

/** What the routes need. */
export interface DialectOptions {
  readonly prepare: PrepareTurn;
  readonly chatTemplate: ChatTemplate | undefined;
  /** Reads a request's body. */
  readonly readBody: (context: Context) => Promise<unknown>;
  /** What a request is answered with. */
  readonly answering: (context: Context) => AnswerContext;
}

/** Adds the routes. */
export function addDialects(app: Hono, options: DialectOptions): void {
  const { prepare, chatTemplate, readBody, answering } = options;
  const post = (
    path: string,
    answer: (body: unknown, context: AnswerContext) => Response | Promise<Response>,
  ) => app.post(path, async (context) => await answer(await readBody(context), answering(context)));
  post("/v1/responses", createResponses(prepare));
  const messages = createMessages(prepare);
  post("/v1/messages", messages.answer);
  post("/v1/messages/count_tokens", messages.count);
  const { thinks } = chatTemplate ?? DEFAULT_TEMPLATE;
  const model = { thinks, chats: chatTemplate !== undefined };
  post("/api/generate", createGenerate({ prepare, model }));
  post("/api/chat", createOllamaChat({ prepare, model }));
  post("/api/embed", answerEmbed);
  const since = new Date();
  const detailsOf = ({ scheduler: { engine }, modelName }: AnswerContext): OllamaDetails => ({
    ...model,
    name: modelName,
    config: engine.config,
    fingerprint: engine.fingerprint,
    since,
    embeds: engine.embeds ?? false,
  });
  post("/api/show", (body, context) => Response.json(describeModel(body, detailsOf(context))));
  app.get("/api/tags", (context) => context.json(listModels([detailsOf(answering(context))])));
  app.get("/api/version", (context) => context.json({ version: project.version }));
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
    const worded = isMessages ? messagesError(body, status) : { error: messageOf(body) };
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

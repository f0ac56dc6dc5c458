/**
 * The HTTP API: OpenAI's completions and models, a health check and a page to try the model on.
 * `createApp` is a function from Request to Response; listen.ts gives it sockets.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { ApiError, errorResponse } from "./api_error.ts";
import { type ApiKeys, requireApiKey } from "./api_keys.ts";
import { type ChatTemplate, createChat } from "./chat/mod.ts";
import { parseCompletionRequest } from "./completion_request.ts";
import { unknownModel } from "./answer.ts";
import { complete } from "./completions.ts";
import { addPage } from "./page/mod.ts";
import type { Scheduler } from "./scheduler.ts";
import type { TextCodec } from "./text_codec.ts";

/** What the server takes on at most. */
export interface AppLimits {
  /** Longest request body. */
  readonly maxBodyBytes?: number;
  /** Ends streams whose client reads nothing for this long. */
  readonly stallMs?: number;
  /** What a client is told to wait when the queue is full. */
  readonly retryAfterSeconds?: number;
}

/** What {@linkcode createApp} serves. */
export interface AppOptions {
  readonly scheduler: Scheduler;
  readonly codec: TextCodec;
  /** How a conversation becomes a text; a plain one unless given. */
  readonly chatTemplate?: ChatTemplate | undefined;
  /** The `model` that clients ask for. */
  readonly modelName: string;
  /** Told of failures that are the server's own; clients learn no details of them. */
  readonly onFailure: (error: unknown) => void;
  /** Shown under `/dashboard/`. */
  readonly dashboard?: Hono;
  readonly limits?: AppLimits;
  /** One of these must come with requests to the API and the dashboard; anybody may ask without. */
  readonly apiKeys?: ApiKeys;
}

/** Nginx's status for a client that left before the answer; nobody reads it. */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * The application over what `scheduler` runs.
 *
 * @example
 * ```ts
 * import { createApp } from "./app.ts";
 * import type { Scheduler } from "./scheduler.ts";
 * import type { TextCodec } from "./text_codec.ts";
 * async function isHealthy(scheduler: Scheduler, codec: TextCodec): Promise<boolean> {
 *   const app = createApp({ scheduler, codec, modelName: "mine", onFailure: console.error });
 *   return (await app.request("/health")).ok;
 * }
 * ```
 */
export function createApp(
  options: AppOptions,
): Hono {
  const { scheduler, codec, modelName, onFailure, dashboard, limits = {}, apiKeys } = options;
  const { maxBodyBytes = 1 << 20, stallMs = 30_000, retryAfterSeconds = 1 } = limits;
  const created = Math.floor(Date.now() / 1000);
  const model = { id: modelName, object: "model", created, owned_by: "cllm" };
  const app = new Hono();

  app.use(async (context, next) => {
    await next();
    context.res.headers.set("x-content-type-options", "nosniff");
  });
  if (apiKeys) {
    for (const path of ["/v1/*", "/dashboard/*"]) app.use(path, requireApiKey(apiKeys));
  }
  app.get(
    "/health",
    (context) =>
      context.json({ status: "ok", running: scheduler.running, waiting: scheduler.waiting }),
  );
  app.get("/v1/models", (context) => context.json({ object: "list", data: [model] }));
  app.get("/v1/models/:id", (context) => {
    const id = context.req.param("id");
    if (id !== modelName) throw unknownModel(id);
    return context.json(model);
  });
  const chat = createChat(codec, options.chatTemplate);
  const answering = ({ req }: Context) => ({
    ...{ scheduler, codec, modelName, stallMs, retryAfterSeconds, onFailure },
    signal: req.raw.signal,
  });
  app.post("/v1/completions", async (context) => {
    const request = parseCompletionRequest(await readJsonBody(context, { maxBodyBytes }));
    return await complete(request, answering(context));
  });
  app.post(
    "/v1/chat/completions",
    async (context) => chat(await readJsonBody(context, { maxBodyBytes }), answering(context)),
  );
  addPage(app, { hasDashboard: dashboard !== undefined });
  if (dashboard) {
    app.get("/dashboard", (context) => context.redirect("dashboard/"));
    app.route("/dashboard/", dashboard);
  }
  app.notFound((context) => {
    const route = `${context.req.method} ${context.req.path}`;
    return errorResponse(new ApiError(`There is no ${route}`, { status: 404 }));
  });
  app.onError((error, context) => {
    if (context.req.raw.signal.aborted) {
      return new Response(null, { status: CLIENT_CLOSED_REQUEST });
    }
    if (!(error instanceof ApiError)) onFailure(error);
    return errorResponse(error);
  });
  return app;
}

/** The body's text. Throws an {@linkcode ApiError} for another type, too many bytes, or no UTF-8. */
async function readJsonBody(
  context: Context,
  { maxBodyBytes }: { maxBodyBytes: number },
): Promise<string> {
  const type = context.req.header("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new ApiError("The content-type must be application/json", { status: 415 });
  }
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let bytes = 0, text = "";
  for await (const chunk of bodyOf(context.req.raw)) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) {
      throw new ApiError(`The request body is longer than ${maxBodyBytes} bytes`, {
        status: 413,
        // What is still on its way would be taken for the next request.
        headers: { connection: "close" },
      });
    }
    text += decode(decoder, chunk);
  }
  return text + decode(decoder);
}

/** The body's bytes; that they do not all arrive is the client's fault. */
async function* bodyOf(request: Request): AsyncGenerator<Uint8Array> {
  try {
    yield* request.body ?? [];
  } catch (cause) {
    throw new ApiError("The request body ended too early", { status: 400, cause });
  }
}

/** Decodes the next bytes, or without any, the end. */
function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new ApiError("The request body is not UTF-8", { status: 400, cause });
  }
}

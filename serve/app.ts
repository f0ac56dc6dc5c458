/**
 * The HTTP API: OpenAI's protocol and other dialects of it, health, metrics and pages to try models on.
 * `createApp` is a function from Request to Response; listen.ts gives it sockets.
 *
 * @module
 */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { methodNotAllowed } from "hono/method-not-allowed";
import { type AccessRecord, notesOf } from "./access_log.ts";
import { unknownModel } from "./openai/answer_checks.ts";
import { addDialects, type AddPost, wordErrors } from "./dialects.ts";
import { figuresOf } from "./figures.ts";
import {
  type ListedModel,
  type ModelParts,
  type ModelPool,
  preparedFor,
  type ServedModel,
  singleModel,
} from "./model_pool.ts";
import { withoutTag } from "./ollama/mod.ts";
import { answerEmbeddings } from "./openai/embeddings.ts";
import { ApiError, errorResponse } from "./api_error.ts";
import { type ApiKeys, requireApiKey } from "./api_keys.ts";
import { answerChat, type ChatContext } from "./openai/chat/mod.ts";
import { parseCompletionRequest } from "./openai/completion_request.ts";
import { complete } from "./openai/completions.ts";
import { Turns } from "../engine/mod.ts";
import { requireHostName } from "./host_names.ts";
import { jsonSteps, readJsonBody } from "./json_body.ts";
import { leaseModel, limitKeys, scopesOf, spending, visibleModels } from "./key_access.ts";
import { ServeMetrics } from "./metrics.ts";
import { observe } from "./observe.ts";
import { pace } from "./pace.ts";
import { QUOTA_HEADERS } from "./quota.ts";
import { openApiDocument } from "./openai/openapi/mod.ts";
import { addPage, PAGE_PATHS } from "./playground/mod.ts";
import { detokenize, tokenize } from "./openai/tokenize_routes.ts";

/** What the server takes on at most. */
export interface AppLimits {
  /** Longest request body. */
  readonly maxBodyBytes?: number;
  /** Ends streams whose client reads nothing for this long. */
  readonly stallMs?: number;
  /** What a client is told to wait when the queue is full. */
  readonly retryAfterSeconds?: number;
}

/** What anybody may see where keys are needed: nothing of it comes from the model. */
const OPEN_PATHS: ReadonlySet<string> = new Set([...PAGE_PATHS, "/health", "/openapi.json"]);

/** How {@linkcode createApp} serves. */
export interface AppSettings {
  /** Told of failures that are the server's own; clients learn no details of them. */
  readonly onFailure: (error: unknown) => void;
  /** Texts that the model may be tried on, for GET /prompts.json; none unless given. */
  readonly prompts?: readonly string[];
  /** Shown under `/dashboard/`. */
  readonly dashboard?: App;
  /** Limits that are not given have a default of their own. */
  readonly limits?: AppLimits;
  /** One of these must come with every request but for the page and the health check. */
  readonly apiKeys?: ApiKeys;
  /** Names by which the server answers, beside those of this machine alone; all unless given. */
  readonly hostNames?: readonly string[];
  /** Origins whose pages may use the API, or `*` for all; none unless given. */
  readonly corsOrigins?: readonly string[];
  /** Told of each request when it has ended. */
  readonly onAccess?: (record: AccessRecord) => void;
  /** Takes the client's address from the `x-forwarded-for` of a proxy in front. */
  readonly trustProxy?: boolean;
}

/** What {@linkcode createApp} serves: one model. */
export interface AppOptions extends AppSettings, ModelParts {}

/** An application over HTTP: `fetch` is what `Deno.serve` and Hono's `mount` take. */
export interface App {
  /** Answers a request; `env` is what the server tells of its connection. */
  readonly fetch: (request: Request, env?: object) => Response | Promise<Response>;
  /** The same for a path of this application, without a connection. */
  readonly request: (
    path: string | URL | Request,
    init?: RequestInit,
  ) => Response | Promise<Response>;
}

/** Nginx's status for a client that left before the answer; nobody reads it. */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * The application over what `scheduler` runs, or over the models of a pool.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createLayout, openWasmEngine, presetConfig, Scheduler, trainTokenizer } from "../mod.ts";
 * import { createApp } from "./app.ts";
 * const codec = await trainTokenizer(["once upon a time"], { vocabSize: 260 });
 * const config = presetConfig("tiny", codec);
 * const parameters = new Float32Array(createLayout(config).length);
 * await using engine = await openWasmEngine({ config, parameters, workers: 1 });
 * const scheduler = new Scheduler(engine);
 * const app = createApp({ scheduler, codec, modelName: "mine", onFailure: console.error });
 * const { data } = await (await app.request("/v1/models")).json();
 * assertEquals(data[0].id, "mine");
 * ```
 */
export function createApp(
  options: AppOptions | AppSettings & { readonly models: ModelPool },
): App {
  const models = "models" in options ? options.models : singleModel(options);
  const own = "models" in options ? undefined : options;
  const { onFailure, dashboard, limits = {}, apiKeys } = options;
  const { corsOrigins = [], onAccess = () => {}, trustProxy = false } = options;
  const { prompts = [] } = options;
  const { maxBodyBytes = 1 << 20, stallMs = 30_000, retryAfterSeconds = 1 } = limits;
  const created = Math.floor(Date.now() / 1000);
  const described = ({ name, loaded }: ListedModel) => {
    const inMemory = models.loaded.find((model) =>
      model.modelName === name || model.adapters?.has(name)
    );
    return {
      id: name,
      object: "model",
      created,
      owned_by: "cllm",
      ...models.isPlural && { loaded },
      ...inMemory && { max_model_len: inMemory.scheduler.engine.config.max_position_embeddings },
    };
  };
  const figures = figuresOf(models);
  const metrics = new ServeMetrics(figures);
  const app = new Hono();

  const turns = new Turns({ isBusy: () => figures.running > 0 });
  const pacing = pace(turns);

  app.use(observe({ metrics, onAccess, trustProxy }));
  app.use(pacing.wait);
  app.use(async (context, next) => {
    await next();
    context.res.headers.set("x-content-type-options", "nosniff");
  });
  app.use(wordErrors());
  app.use(methodNotAllowed({ app, onMethodNotAllowed: refuseMethod }));
  if (options.hostNames) app.use(requireHostName(options.hostNames));
  if (corsOrigins.length > 0) app.use(allowOrigins(corsOrigins));
  if (apiKeys) {
    app.use(requireApiKey(apiKeys, {
      openPaths: OPEN_PATHS,
      pages: "/dashboard",
      scopesOf,
      onClient(context: Context, key) {
        const notes = notesOf(context);
        [notes.client, notes.key] = [key.name, key];
      },
    }));
  }
  app.use(pacing.count);
  if (apiKeys) app.use(limitKeys(apiKeys, { metrics }));
  app.get("/health", (context) => {
    const { fingerprint, running, waiting } = figures;
    return context.json({ status: "ok", fingerprint, running, waiting });
  });
  app.get("/metrics", async (context) =>
    context.body(await metrics.text(), 200, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
    }));
  const description = JSON.stringify(openApiDocument({ needsKey: apiKeys !== undefined }));
  app.get(
    "/openapi.json",
    (context) => context.body(description, 200, { "content-type": "application/json" }),
  );
  app.get(
    "/v1/models",
    async (context) => {
      const data = (await visibleModels(context, models)).map(described);
      return context.json({ object: "list", data });
    },
  );
  app.get("/v1/models/:id", async (context) => {
    const id = context.req.param("id");
    const model = (await visibleModels(context, models)).find(({ name }) => name === id);
    if (!model) throw unknownModel(id);
    return context.json(described(model));
  });
  const clientOf = (context: Context) => notesOf(context).client;
  const readBody = async (context: Context) => {
    const client = clientOf(context);
    const text = await readJsonBody(context, {
      maxBodyBytes,
      next: (usedMs) => turns.next(client, usedMs),
    });
    return await turns.run(jsonSteps(text), { client, signal: context.req.raw.signal });
  };
  const answering = (context: Context, model: ServedModel): ChatContext => {
    const notes = notesOf(context);
    return {
      ...model,
      ...preparedFor(model),
      sampling: model.sampling ?? {},
      turns,
      stallMs,
      retryAfterSeconds,
      onFailure,
      client: notes.client,
      maxTokens: notes.key?.rights.maxTokens ?? Infinity,
      meter: spending(metrics.meter(notes), notes.quota),
      signal: context.req.raw.signal,
    };
  };
  const post: AddPost = (path, answer) =>
    app.post(path, async (context) => {
      const body = await readBody(context);
      using lease = await leaseModel(context, { models, name: modelIn(body) });
      return await answer(body, answering(context, lease.model));
    });
  post(
    "/v1/completions",
    async (body, context) =>
      await complete(parseCompletionRequest(body, context.sampling), context),
  );
  post("/v1/chat/completions", answerChat);
  post("/v1/embeddings", answerEmbeddings);
  post("/tokenize", tokenize);
  post("/detokenize", detokenize);
  addDialects(app, { post, models });
  app.get("/prompts.json", (context) => context.json({ prompts }));
  addPage(app, {
    needsKey: apiKeys !== undefined,
    hasDashboard: dashboard !== undefined,
    sampling: own?.sampling ?? {},
    // Without a key, nobody learns what is served.
    ...(apiKeys === undefined && own && { modelName: own.modelName }),
  });
  if (dashboard) {
    app.get("/dashboard", (context) => context.redirect("dashboard/"));
    app.mount("/dashboard/", dashboard.fetch);
  }
  app.notFound(({ req: { method, path } }) =>
    errorResponse(new ApiError(`There is no ${method} ${path}`, { status: 404 }))
  );
  app.onError((error, context) => {
    if (context.req.raw.signal.aborted) {
      return new Response(null, { status: CLIENT_CLOSED_REQUEST });
    }
    if (!(error instanceof ApiError)) onFailure(error);
    return errorResponse(error);
  });
  return app;
}

/** The model that a body asks for, as far as it says so; what is wrong with it is found later. */
function modelIn(body: unknown): string | undefined {
  const { model, name } = Object(body);
  const asked = model ?? name;
  return typeof asked === "string" ? withoutTag(asked) : undefined;
}

/** Lets the pages of some origins use the API; they may send a key, but no cookie. */
function allowOrigins(origins: readonly string[]): MiddlewareHandler {
  return cors({
    origin: origins.includes("*") ? "*" : [...origins],
    allowMethods: ["GET", "POST", "DELETE"],
    allowHeaders: ["authorization", "content-type", "x-api-key", "x-request-id"],
    exposeHeaders: ["x-request-id", "retry-after", ...QUOTA_HEADERS],
    maxAge: 600,
  });
}

/** 405, with the methods that would do. */
function refuseMethod({ req: { method, path } }: Context, allowed: string[]): Response {
  const takes = `${path} takes ${allowed.join(" and ")} requests`;
  return errorResponse(
    new ApiError(`${takes}, not ${method}`, {
      status: 405,
      code: "method_not_allowed",
      headers: { allow: allowed.join(", ") },
    }),
  );
}

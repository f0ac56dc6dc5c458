/**
 * What the rights of API keys mean for the routes: scopes, limits and models.
 *
 * @module
 */
import type { Context, MiddlewareHandler } from "hono";
import type { GenerationMeter } from "../engine/mod.ts";
import { notesOf } from "./access_log.ts";
import { ApiError, errorResponse } from "./api_error.ts";
import type { ApiKeys } from "./api_keys.ts";
import type { Scope } from "./key_rights.ts";
import type { ServeMetrics } from "./metrics.ts";
import type { ListedModel, ModelLease, ModelPool } from "./model_pool.ts";
import { unknownModel } from "./openai/answer_checks.ts";
import type { Quota } from "./quota.ts";

const TEXTS: readonly Scope[] = ["generate"];
const VECTORS: readonly Scope[] = ["embeddings"];
const MODELS: readonly Scope[] = ["models"];

/** Scopes by path, of which one is enough; a path stands for those below it. */
const SCOPES_OF: Readonly<Record<string, readonly Scope[]>> = {
  "/v1/completions": TEXTS,
  "/v1/chat/completions": TEXTS,
  "/v1/responses": TEXTS,
  "/v1/messages": TEXTS,
  "/api/generate": TEXTS,
  "/api/chat": TEXTS,
  "/v1/embeddings": VECTORS,
  "/api/embed": VECTORS,
  "/api/embeddings": VECTORS,
  "/tokenize": [...TEXTS, ...VECTORS],
  "/detokenize": [...TEXTS, ...VECTORS],
  "/v1/models": MODELS,
  "/api/tags": MODELS,
  "/api/ps": MODELS,
  "/api/show": MODELS,
  "/api/version": MODELS,
  "/prompts.json": MODELS,
  "/metrics": ["metrics"],
  "/dashboard": ["dashboard"],
};

/** The scopes of which a key needs one; none where there is nothing to ask for. */
export function scopesOf(path: string): readonly Scope[] {
  const found = Object.entries(SCOPES_OF)
    .find(([begin]) => path === begin || path.startsWith(`${begin}/`));
  return found?.[1] ?? [];
}

/** Refuses what a key's limits do not leave, 429, and tells what they leave. */
export function limitKeys(
  keys: ApiKeys,
  { metrics }: { metrics: ServeMetrics },
): MiddlewareHandler {
  return async (context, next) => {
    const notes = notesOf(context);
    const { key } = notes;
    // Only what a model works on is limited: a look at the metrics is not.
    if (!key || context.req.method !== "POST") return await next();
    const quota = keys.quotaOf(key);
    const { refusal } = quota;
    if (refusal) {
      metrics.refused({ key: key.name, limit: refusal.limit });
      const headers = { "retry-after": `${refusal.retryAfterSeconds}`, ...quota.headers };
      const code = "rate_limit_exceeded";
      return errorResponse(new ApiError(refusal.message, { status: 429, code, headers }));
    }
    notes.onEnd.push(quota.begin());
    notes.quota = quota;
    await next();
    for (const [name, value] of Object.entries(quota.headers)) {
      context.res.headers.set(name, value);
    }
  };
}

/** `meter`, whose tokens count for a key's limits. */
export function spending(meter: GenerationMeter, quota: Quota | undefined): GenerationMeter {
  if (!quota) return meter;
  return {
    ...meter,
    admitted(prompt) {
      quota.spend(prompt.promptTokens);
      meter.admitted(prompt);
    },
    token(token) {
      quota.spend(1);
      meter.token(token);
    },
  };
}

/** The models that the key of a request may see. */
export async function visibleModels(context: Context, models: ModelPool): Promise<ListedModel[]> {
  const own = notesOf(context).key?.rights.models;
  const all = await models.list();
  return own === undefined ? all : all.filter(({ name }) => own.includes(name));
}

/**
 * A lease of the model that a request names; without a name, of the first one that its key may use.
 *
 * @throws {ApiError} 404 where there is none, also for models that are another key's
 */
export async function leaseModel(
  context: Context,
  { models, name }: { models: ModelPool; name: string | undefined },
): Promise<ModelLease> {
  const own = notesOf(context).key?.rights.models;
  if (own === undefined) return await models.lease(name);
  const wanted = name ?? (await visibleModels(context, models))[0]?.name ?? "";
  if (!own.includes(wanted)) throw unknownModel(wanted);
  const lease = await models.lease(wanted);
  if (name !== undefined || lease.model.modelName === wanted) return lease;
  lease[Symbol.dispose]();
  throw new ApiError(`Name a model: this API key may use ${own.join(", ")}`, {
    status: 400,
    param: "model",
  });
}

/**
 * The HTTP API over an engine: OpenAI's routes, the playground, limits and keys.
 *
 * @module
 */
export type { AccessRecord } from "./access_log.ts";
export {
  type ApiKey,
  ApiKeys,
  type KeyRules,
  parseApiKeys,
  readKeyLines,
  requireApiKey,
} from "./api_keys.ts";
export { type App, type AppLimits, type AppOptions, type AppSettings, createApp } from "./app.ts";
export {
  type ListedModel,
  type ModelLease,
  type ModelParts,
  type ModelPool,
  type ServedModel,
} from "./model_pool.ts";
export {
  LoadedModels,
  type ModelEntry,
  type ModelPoolOptions,
  type OpenedModel,
} from "./loaded_models.ts";
export { eventStream, type EventStreamOptions } from "./event_stream.ts";
export { hostnameOf, requireHostName } from "./host_names.ts";
export {
  listen,
  type Listener,
  type ListenOptions,
  type SocketLimits,
  type TlsKeys,
} from "./listen.ts";
export { createLoadingApp } from "./loading.ts";
export { type KeyRights, type Scope, SCOPES } from "./key_rights.ts";
export type { Middleware, RequestContext } from "./middleware.ts";
export type { AdapterModel } from "./openai/generation.ts";
export { Quota, type Refusal } from "./quota.ts";
export { PAGE_POLICY } from "./playground/mod.ts";

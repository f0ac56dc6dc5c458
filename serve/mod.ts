/**
 * Inference and its HTTP API.
 *
 * @module
 */
export type { AccessRecord } from "./access_log.ts";
export { DeadlineError, DrainingError, QueueFullError, type SchedulerLimits } from "./admission.ts";
export { type ApiKeys, parseApiKeys } from "./api_keys.ts";
export { type AppLimits, type AppOptions, createApp } from "./app.ts";
export { type ChatTemplate, readChatTemplate, readTemplateSource } from "./chat/mod.ts";
export {
  createDashboard,
  type Curves,
  type DashboardOptions,
  readRun,
  renderReport,
  type ReportCourse,
  type ReportParts,
  type ReportVerdict,
  type RunHistory,
  type ShownRun,
  type StepRecord,
} from "./dashboard/mod.ts";
export { type CacheUse, type Engine, NoRoomError, type Sequence } from "./engine.ts";
export {
  type FinishReason,
  generate,
  type GenerateOptions,
  type GenerationMeter,
  type Piece,
  type TokenConstraint,
} from "./generate.ts";
export { hostnameOf } from "./host_names.ts";
export { listen, type Listener, type ListenOptions, type SocketLimits } from "./listen.ts";
export { createLoadingApp } from "./loading.ts";
export { type OnnxEngineOptions, openOnnxEngine } from "./onnx_engine.ts";
export type { SamplingOptions } from "./sampler.ts";
export { Scheduler } from "./scheduler.ts";
export {
  openWasmEngine,
  type WasmEngineOptions,
  WEIGHT_FORMATS,
  type WeightFormat,
} from "./wasm/mod.ts";
export type { TextCodec } from "./text_codec.ts";

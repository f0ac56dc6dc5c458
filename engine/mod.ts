/**
 * Inference without HTTP: engines, sampling, constrained decoding, and the scheduler that shares an
 * engine among many generations.
 *
 * @module
 */
export {
  DeadlineError,
  DrainingError,
  LongPromptError,
  QueueFullError,
  type SchedulerLimits,
} from "./admission.ts";
export {
  type AnswerPart,
  type AnswerReader,
  createAnswerReader,
  type ReaderOptions,
} from "./chat/answer_reader.ts";
export { BUILTIN_TEMPLATES, type BuiltinTemplate } from "./chat/builtin.ts";
export type { MessageCall, ToolDescription } from "./chat/conversation.ts";
export { type ChatExample, createExampleEncoder } from "./chat/example.ts";
export {
  createPromptEncoder,
  type EncodedPrompt,
  type EncodeOptions,
  type PromptEncoder,
} from "./chat/prompt.ts";
export {
  type ChatTemplate,
  ChatTemplateError,
  createChatTemplate,
  DEFAULT_TEMPLATE,
  type Message,
  type RenderOptions,
  type TemplateTokens,
} from "./chat/template.ts";
export type { ToolForm, ToolFormName } from "./chat/tool_form.ts";
export {
  type NamedTemplate,
  readChatTemplate,
  readTemplateSource,
  readTemplateTokens,
  type TemplateSource,
} from "./chat/template_file.ts";
export { type ChoicePiece, type ChoicesOptions, generateChoices } from "./choices.ts";
export {
  type AnswerShape,
  type CallableTool,
  type CallForm,
  type CallsShape,
  createGrammars,
  type Follower,
  type Grammar,
  type Grammars,
  GrammarWorkError,
  SchemaError,
  ToolSchemaError,
} from "./constrained/mod.ts";
export { decodeSteps, encodeSteps } from "./encode_steps.ts";
export {
  type CacheUse,
  checkPrompt,
  type Engine,
  NoRoomError,
  type Pooling,
  POOLINGS,
  type Sequence,
  type StepOptions,
} from "./engine.ts";
export {
  type FinishReason,
  generate,
  type GenerateOptions,
  type GenerationMeter,
  type Piece,
  type PlacedToken,
  type TokenConstraint,
} from "./generate.ts";
export { type OnnxEngineOptions, openOnnxEngine } from "./onnx/engine.ts";
export type { PromptToken } from "./prompt_scores.ts";
export type { ScoredToken } from "./sampling/logprobs.ts";
export type { LogitBias } from "./sampling/penalties.ts";
export type { SamplingOptions } from "./sampling/sampler.ts";
export { Scheduler } from "./scheduler.ts";
export { charactersOf, type TextCodec } from "./text_codec.ts";
export { type RunSteps, type Steps, Turns } from "./turns.ts";
export {
  type EngineAdapter,
  KV_FORMATS,
  type KvFormat,
  openWasmEngine,
  wasmEngineBytes,
  type WasmEngineOptions,
  WEIGHT_FORMATS,
  type WeightFormat,
} from "./wasm/mod.ts";

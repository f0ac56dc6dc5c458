/**
 * The library: the stages of the pipeline, the tokenizer, the model, the spheres that train it, the
 * engine that runs it and the server over it, each to be used alone or between parts of your own.
 * docs/library.md has whole programs.
 *
 * @module
 */
// What flows from stage to stage.
export type {
  Barrier,
  Batch,
  Cursor,
  Cursors,
  Declared,
  Document,
  EpochRun,
  Page,
  PageLayout,
  PagePart,
  PageResponse,
  PassSize,
  ReplicaPlace,
  Snapshot,
  SphereCounters,
  Split,
  Stage,
  StepPhases,
  StepReport,
  StoredRun,
  TokenRun,
  WarcPlace,
} from "./stages/types.ts";
export { isBarrier } from "./stages/barrier.ts";
export {
  type Drop,
  type DropReason,
  type RefusalReason,
  type StageCounts,
  StageMeter,
} from "./stages/meter.ts";
export { bounded } from "./stages/queue.ts";

// Pages to documents.
export type { Resolve, ResolvedAddress } from "./stages/crawl/address_guard.ts";
export type { Timeouts } from "./stages/crawl/deadlines.ts";
export type { EntryResult, FrontierEntry, Validators } from "./stages/crawl/frontier_entry.ts";
export type { PickOptions } from "./stages/crawl/frontier_queue.ts";
export type { Reconsidered } from "./stages/crawl/frontier_rules.ts";
export {
  type BlockList,
  type BlockListFile,
  crawl,
  type CrawlOptions,
  type Frontier,
  openFrontier,
  openScope,
  parseBlockList,
  type Scope,
  type ScopeOptions,
} from "./stages/crawl/mod.ts";
export type { RendererOptions } from "./stages/crawl/renderer.ts";
export type { RobotsCopy, RobotsStore } from "./stages/crawl/robots_store.ts";
export { type ScopeName, SCOPES, type SkipReason } from "./stages/crawl/scope.ts";
export type { UrlRecord } from "./stages/crawl/url_records.ts";
export type { UrlRules } from "./stages/crawl/url_rules.ts";
export type { ReadCursor } from "./stages/read/cursor.ts";
export type { OnSkip, SkipKind } from "./stages/read/ignored.ts";
export { read, type ReadOptions } from "./stages/read/mod.ts";
export type { MarkupLimits } from "./stages/extract/bomb.ts";
export {
  createDocument,
  ENGINES,
  type ExtractDocumentOptions,
  type ExtractEngine,
  type Refusal,
} from "./stages/extract/document.ts";
export type { ExtractAnswer } from "./stages/extract/extract_worker.ts";
export type { ExtractorsOptions } from "./stages/extract/extractors.ts";
export {
  extract,
  extractDocument,
  type ExtractOptions,
  type Extractors,
  openExtractors,
} from "./stages/extract/mod.ts";
export type { TextFormat } from "./stages/extract/render.ts";
export type { DetectedLanguage, LanguageDetector } from "./stages/refine/language.ts";
export {
  type EvaluationGrams,
  learnQuality,
  openEvaluationGrams,
  openSeenTexts,
  type QualityModel,
  refine,
  type RefineOptions,
  type RefineSettings,
  type SeenTexts,
  type Texts,
} from "./stages/refine/mod.ts";
export type { JournalView, NearIndex, NearMatch } from "./stages/refine/near_index.ts";
export type { RefineParts, RefineSteps } from "./stages/refine/refine_text.ts";
export {
  type FilterLimits,
  type FilterName,
  FILTERS,
  NO_REFINING,
  parseLimits,
} from "./stages/refine/settings.ts";
export { type HeldPages, openHeldPages, site, type SiteOptions } from "./stages/site/mod.ts";
export type { SiteLines } from "./stages/refine/site_lines.ts";
export type { OpenJournalOptions, ReadDocumentsOptions } from "./stages/journal/journal.ts";
export type { Mark } from "./stages/journal/mark.ts";
export {
  Journal,
  journal,
  type JournalEnds,
  type JournalOptions,
  openJournal,
} from "./stages/journal/mod.ts";
export type { Named } from "./stages/journal/named.ts";
export type { TornTail } from "./stages/journal/segments.ts";

// Documents to batches.
export {
  parseTokenizer,
  Tokenizer,
  trainTokenizer,
  type TrainTokenizerOptions,
} from "./tokenizer/mod.ts";
export type { Preparation, SplitName, Text } from "./tokenizer/pretokenize.ts";
export type {
  DecodeStream,
  EncodeOptions,
  EncodeStream,
  SpecialToken,
  TokenizerParts,
} from "./tokenizer/tokenizer.ts";
export type { TrainingText, TrainProgress } from "./tokenizer/train.ts";
export type { DocumentIds, EncodersOptions } from "./stages/tokenize/encoders.ts";
export {
  type Encoders,
  openEncoders,
  tokenize,
  type TokenizeOptions,
} from "./stages/tokenize/mod.ts";
export { type Order, ORDERS } from "./stages/store/epochs_options.ts";
export type { ShardSize } from "./stages/store/index_file.ts";
export {
  epochs,
  type EpochsOptions,
  openStore,
  Store,
  store,
  type StoreOptions,
} from "./stages/store/mod.ts";
export type { ReadRunsOptions, ReadStoreOptions, StoreReader } from "./stages/store/reader.ts";
export type { TokenRange } from "./stages/store/shard.ts";
export type { SplitLog } from "./stages/store/split_log.ts";
export type { OpenStoreOptions } from "./stages/store/store.ts";
export { batch, type BatchOptions } from "./stages/batch/mod.ts";
export type { BatchMode } from "./stages/batch/window.ts";

// Batches to weights.
export type { ArchitectureName } from "./model/architectures.ts";
export type { Companions } from "./model/checkpoint/companions.ts";
export { SAMPLING_DEFAULTS, type SamplingSettings } from "./model/checkpoint/generation_config.ts";
export type { CheckpointInfo, LoadCheckpointOptions } from "./model/checkpoint/load.ts";
export {
  latestCheckpoint,
  loadCheckpoint,
  readModelConfig,
  saveCheckpoint,
} from "./model/checkpoint/mod.ts";
export type { Retention } from "./model/checkpoint/rotation.ts";
export type { SaveCheckpointOptions, SavedState } from "./model/checkpoint/save.ts";
export type { CheckpointState } from "./model/checkpoint/state.ts";
export { type ModelConfig, presetConfig, type PresetName, PRESETS } from "./model/config.ts";
export type { FileDigest } from "./model/durable.ts";
export { type InitOptions, initParameters } from "./model/init.ts";
export {
  createLayout,
  type GroupName,
  type LayerGroupName,
  type Layout,
  type Parameter,
} from "./model/layout.ts";
export type { AdaptedMatrix, AdapterLayout, LoraConfig } from "./model/lora.ts";
export type { RecipeName } from "./model/recipes.ts";
export type { RopeScaling } from "./model/rope.ts";
export { openSpheres, type Spheres, type SpheresOptions } from "./workers/mod.ts";
export type {
  MuonStep,
  OptimizerStep,
  SphereBatch,
  StepLimits,
  StepOutcome,
} from "./workers/spheres.ts";
export type { ControlSphere, Topology } from "./workers/topology.ts";
export type { GuardState, Spread } from "./stages/train/guard.ts";
export {
  ADAMW_DEFAULTS,
  type Duration,
  learningRateAt,
  MUON_DEFAULTS,
  newReplicas,
  newTraining,
  REPLICA_DEFAULTS,
  resumeTraining,
  SCHEDULE_DEFAULTS,
  type ScheduleOptions,
  train,
  type TrainingState,
  type TrainOptions,
} from "./stages/train/mod.ts";
export type { Objective } from "./stages/train/preferences.ts";
export {
  type AdamwOptions,
  type MuonOptions,
  type OptimizerName,
  type OptimizerOptions,
  OPTIMIZERS,
} from "./stages/train/optimizer.ts";
export type { ComputeRound, RoundPart, RoundWork } from "./stages/train/replicas/round.ts";
export {
  type DeltaForm,
  DELTAS,
  type ReplicaOptions,
  type ReplicasState,
  type ReplicaState,
  type SharedState,
} from "./stages/train/replicas/state.ts";
export type { InnerStep, Turn, TurnResult } from "./stages/train/replicas/turn.ts";
export type { BestValidation, Patience, ValidationState } from "./stages/train/patience.ts";
export { type ScheduleName, SCHEDULES } from "./stages/train/schedule.ts";
export {
  checkpoint,
  type CheckpointOptions,
  type SnapshotMetrics,
} from "./stages/checkpoint/mod.ts";
export type { MetricsRecord, SphereMetricName, StepMetricName } from "./stages/report/metrics.ts";
export { type RunConstants, SPHERE_METRICS, STEP_METRICS } from "./stages/report/metrics_table.ts";
export { report, type ReportOptions, startStatus, type Status } from "./stages/report/mod.ts";
export type { RunFacts } from "./stages/report/run_facts.ts";
export type { MetricsSink } from "./stages/report/sink.ts";
export type { NodeState, RoleState } from "./stages/report/mod.ts";
export type { StatusOptions } from "./stages/report/status.ts";
export type { Every } from "./stages/report/timer.ts";
export type { Terminal } from "./stages/report/terminal.ts";

// Weights to text.
export type { AdmitOptions, SchedulerLimits, Slot } from "./engine/admission.ts";
export type { TemplateSource } from "./engine/chat/conversation.ts";
export type { ChatTemplate, Message, RenderOptions } from "./engine/chat/template.ts";
export type { CacheUse, Sequence, SequenceOptions } from "./engine/engine.ts";
export type {
  FinishReason,
  GenerationMeter,
  PlacedToken,
  TokenConstraint,
} from "./engine/generate.ts";
export {
  type Engine,
  generate,
  type GenerateOptions,
  openOnnxEngine,
  openWasmEngine,
  type Piece,
  type SamplingOptions,
  Scheduler,
  type TextCodec,
  type WasmEngineOptions,
} from "./engine/mod.ts";
export type { OnnxEngineOptions } from "./engine/onnx/engine.ts";
export type { PromptToken } from "./engine/prompt_scores.ts";
export type { ChosenToken, ScoredToken } from "./engine/sampling/logprobs.ts";
export type { LogitBias } from "./engine/sampling/penalties.ts";
export type { ExpWeights, TokenWeights } from "./engine/sampling/exp_weights.ts";
export { WEIGHT_FORMATS, type WeightFormat } from "./engine/wasm/weights.ts";

// Text over HTTP.
export type { AccessRecord } from "./serve/access_log.ts";
export type { ApiKey, ApiKeys } from "./serve/api_keys.ts";
export type { App, AppLimits } from "./serve/app.ts";
export type { Listener, SocketLimits } from "./serve/listen.ts";
export type { AdapterModel } from "./serve/openai/generation.ts";
export { type AppOptions, createApp, listen, type ListenOptions } from "./serve/mod.ts";

/**
 * What the endpoints that generate share.
 *
 * @module
 */
import type { SamplingSettings } from "../../model/checkpoint/mod.ts";
import type {
  ChatTemplate,
  GenerationMeter,
  Grammars,
  Scheduler,
  TextCodec,
  Turns,
} from "../../engine/mod.ts";

/** How an adapter answers. */
export interface AdapterModel {
  /** How a conversation becomes a text; as for the model itself unless given. */
  readonly chatTemplate?: ChatTemplate | undefined;
  /** Ids that end an answer beside the codec's own end of a text. */
  readonly stopIds: ReadonlySet<number>;
}

/** What serves an answer. */
export interface AnswerContext {
  readonly scheduler: Scheduler;
  readonly codec: TextCodec;
  readonly grammars: Grammars;
  /** Slices what takes long. */
  readonly turns: Turns;
  readonly modelName: string;
  /** Adapters of the scheduler's engine, by the `model` that requests name. */
  readonly adapters?: ReadonlyMap<string, AdapterModel>;
  /** How tokens are drawn where a request does not say. */
  readonly sampling: SamplingSettings;
  /** Ends streams whose client reads nothing for this long. */
  readonly stallMs: number;
  /** What a client is told to wait when the queue is full. */
  readonly retryAfterSeconds: number;
  /** Who asks: clients share the server fairly. */
  readonly client: string;
  readonly meter: GenerationMeter;
  /** Ids that end an answer beside the codec's own end of a text. */
  readonly stopIds?: ReadonlySet<number>;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
  /** Told of failures that are the server's own. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Turns a prompt into text, piece by piece: sampling, decoding and the reasons to stop.
 *
 * @module
 */
import { createSampler, type SamplingOptions } from "./sampler.ts";
import type { Scheduler } from "./scheduler.ts";
import { createStopFilter } from "./stop_strings.ts";

/** What generation needs of a tokenizer. */
export interface TextCodec {
  encode(text: string): ArrayLike<number>;
  /** A decoder that never splits a character: `push` may hold bytes back, `flush` gives them out. */
  decodeStream(): { push(id: number): string; flush(): string };
  /** Ends a text. */
  readonly endOfTextId: number;
}

/** `stop`: the text ended or a stop string came; `length`: no more tokens allowed. */
export type FinishReason = "stop" | "length";

/** Some more text. The last piece alone has a finish reason, and maybe no text. */
export interface Piece {
  readonly text: string;
  /** Tokens generated so far, the end-of-text token included. */
  readonly tokens: number;
  readonly finishReason?: FinishReason;
  /** The weights that made it, such as `step-000900`. */
  readonly fingerprint: string;
}

/** What to generate. */
export interface GenerateOptions extends SamplingOptions {
  readonly scheduler: Scheduler;
  readonly codec: TextCodec;
  /** Nothing at all stands for the beginning of a text. */
  readonly promptIds: ArrayLike<number>;
  /** Generation also ends where the model's context does. */
  readonly maxTokens: number;
  /** Text ends before the first of these. */
  readonly stop?: readonly string[];
  /** Who asks; see {@linkcode AdmitOptions}. */
  readonly client?: string;
  /** Ends generation within one token; the generator then throws its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Generates while its consumer asks for more; ending the iteration frees everything.
 *
 * @throws {QueueFullError} when too many generations wait, or too many of the client's
 * @throws {DrainingError} when the server is about to stop
 * @throws {DeadlineError} when it took too long
 * @throws {RangeError} when the prompt does not fit the model, or an option is out of range
 * @example
 * ```ts
 * import type { Engine } from "./engine.ts";
 * import { generate, type TextCodec } from "./generate.ts";
 * import { Scheduler } from "./scheduler.ts";
 * async function* tell(engine: Engine, codec: TextCodec) {
 *   const scheduler = new Scheduler(engine);
 *   const promptIds = codec.encode("Once upon a time");
 *   const pieces = generate({ scheduler, codec, promptIds, maxTokens: 100, seed: 1 });
 *   for await (const { text } of pieces) yield text;
 * }
 * ```
 */
export async function* generate(options: GenerateOptions): AsyncGenerator<Piece, void> {
  const { scheduler, codec, maxTokens, stop = [], client, signal } = options;
  const promptIds = options.promptIds.length > 0 ? options.promptIds : [codec.endOfTextId];
  const context = scheduler.engine.config.max_position_embeddings;
  const limit = Math.min(maxTokens, context - promptIds.length);
  const sample = createSampler(options);
  const decoder = codec.decodeStream();
  const filter = createStopFilter(stop);

  using slot = await scheduler.admit(promptIds, { client, maxTokens: limit, signal });
  const { fingerprint } = slot;
  let finishReason: FinishReason = "length";
  let tokens = 0;
  let chosen: number | undefined;
  while (tokens < limit) {
    chosen = sample(await slot.next(chosen), tokens++);
    if (chosen === codec.endOfTextId) {
      finishReason = "stop";
      break;
    }
    const { text, stopped } = filter.push(decoder.push(chosen));
    if (stopped) {
      yield { text, tokens, finishReason: "stop", fingerprint };
      return;
    }
    if (text) yield { text, tokens, fingerprint };
  }
  const { text, stopped } = filter.push(decoder.flush());
  yield {
    text: text + filter.flush(),
    tokens,
    finishReason: stopped ? "stop" : finishReason,
    fingerprint,
  };
}

/**
 * Turns a prompt into text, piece by piece: sampling, decoding and the reasons to stop.
 *
 * @module
 */
import { checkPromptLength } from "./admission.ts";
import { type ChosenToken, scoreToken } from "./sampling/logprobs.ts";
import { draftAhead } from "./draft_ahead.ts";
import { type PromptToken, scorePrompt } from "./prompt_scores.ts";
import { createSampler, type SamplingOptions } from "./sampling/sampler.ts";
import type { Scheduler } from "./scheduler.ts";
import { createStopFilter } from "./stop_strings.ts";
import { charactersOf, type TextCodec } from "./text_codec.ts";

/** `stop`: the text ended or a stop string came; `length`: no more tokens allowed. */
export type FinishReason = "stop" | "length";

/** A scored token and where in the generated text it begins. */
export interface PlacedToken extends ChosenToken {
  /** Characters (code points) of the generated text before it. */
  readonly start: number;
}

/** Some more text. The last piece alone has a finish reason, and maybe no text. */
export interface Piece {
  /**
   * Text since the piece before; a piece before the last is empty only where it carries `prompt`.
   */
  readonly text: string;
  /** Tokens generated so far, the end-of-text token included. */
  readonly tokens: number;
  /** The tokens that begin in this text, where log-probabilities were asked for. */
  readonly scored: readonly PlacedToken[];
  /** Why generation ended; on the last piece alone. */
  readonly finishReason?: FinishReason;
  /** The stop string that ended it, where one did. */
  readonly stopString?: string;
  /** The prompt's own tokens, where they were to be scored: in the first piece, which has no text. */
  readonly prompt?: readonly PromptToken[];
  /** The weights that made it, such as `step-000900`. */
  readonly fingerprint: string;
  /** Tokens of the prompt that the cache had already. */
  readonly reused: number;
}

/** Says which tokens may come next, and learns which one did. */
export interface TokenConstraint {
  /** Zero for each token `[V]` that must not come; never all zero. */
  allowed(): Promise<Uint8Array>;
  /** Takes note of each token that was chosen, in order, before `allowed` is asked again. */
  accept(id: number): void;
}

/** Told how a generation goes. */
export interface GenerationMeter {
  /** It has its place; `reusedTokens` of its prompt were in the cache. */
  admitted(prompt: { promptTokens: number; reusedTokens: number }): void;
  /** Another token, `seconds` after it was asked for: the first one since `generate` was called. */
  token(token: { isFirst: boolean; seconds: number }): void;
  /** A step has read `read` guessed tokens, of which the first `accepted` were right. */
  drafted(draft: { read: number; accepted: number }): void;
}

/** What to generate. */
export interface GenerateOptions extends SamplingOptions {
  /** Borrowed; many generations share it. */
  readonly scheduler: Scheduler;
  /** The tokenizer that the engine's model was trained with. */
  readonly codec: TextCodec;
  /** Nothing at all stands for the beginning of a text. */
  readonly promptIds: ArrayLike<number>;
  /** Generation also ends where the model's context does. */
  readonly maxTokens: number;
  /** Text ends before the first of these. */
  readonly stop?: readonly string[];
  /** Ids that end the answer beside the codec's own end of a text. */
  readonly stopIds?: ReadonlySet<number>;
  /** Scores each token, and this many of the likeliest beside it. */
  readonly topLogprobs?: number;
  /** Scores the tokens of the prompt as well. */
  readonly scoresPrompt?: boolean;
  /** Keeps the text within a grammar. */
  readonly constraint?: TokenConstraint;
  /** Name of the engine's adapter to write with; the model as it is unless given. */
  readonly adapter?: string;
  /** Who asks; see {@linkcode AdmitOptions}. */
  readonly client?: string;
  /** Told how it goes; nobody unless given. */
  readonly meter?: GenerationMeter;
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
 * import { assertEquals } from "@std/assert";
 * import { createLayout, openWasmEngine, presetConfig, trainTokenizer } from "../mod.ts";
 * import { generate } from "./generate.ts";
 * import { Scheduler } from "./scheduler.ts";
 * const codec = await trainTokenizer(["once upon a time"], { vocabSize: 260 });
 * const config = presetConfig("tiny", codec);
 * const parameters = new Float32Array(createLayout(config).length);
 * await using engine = await openWasmEngine({ config, parameters, workers: 1 });
 * const prompt = { promptIds: codec.encode("once"), maxTokens: 5, temperature: 0, seed: 0 };
 * const pieces = generate({ scheduler: new Scheduler(engine), codec, ...prompt });
 * const last = (await Array.fromAsync(pieces)).at(-1);
 * // Weights of zero find all ids alike: the lowest, which ends a text, comes first.
 * assertEquals([last?.finishReason, last?.tokens], ["stop", 1]);
 * ```
 */
export async function* generate(options: GenerateOptions): AsyncGenerator<Piece, void> {
  const { scheduler, codec, maxTokens, stop = [], topLogprobs, constraint } = options;
  const { scoresPrompt = false } = options;
  const promptIds = options.promptIds.length > 0 ? options.promptIds : [codec.endOfTextId];
  const context = scheduler.engine.config.max_position_embeddings;
  const limit = Math.min(maxTokens, scheduler.limits.maxTokens, context - promptIds.length);
  const sample = createSampler(options, scheduler.engine);
  const decoder = codec.decodeStream();
  const filter = createStopFilter(stop);

  const scores = createScoreQueue();

  const { client, signal, meter, adapter } = options;
  let asked = performance.now();
  if (scoresPrompt) checkPromptLength(promptIds, scheduler.limits);
  const begun = scoresPrompt ? Array.from(promptIds).slice(0, 1) : promptIds;
  const more = promptIds.length - begun.length + limit;
  using slot = await scheduler.admit(begun, { client, maxTokens: more, adapter, signal });
  const { fingerprint, reused } = slot;
  meter?.admitted({ promptTokens: options.promptIds.length, reusedTokens: reused });
  if (scoresPrompt) {
    const top = topLogprobs ?? 0;
    const prompt = await scorePrompt(slot, { promptIds: options.promptIds, codec, top });
    yield { text: "", tokens: 0, scored: [], prompt, fingerprint, reused };
  }
  // The last token of a prompt that was scored, and then each one that was chosen.
  let unread = more > limit ? promptIds[promptIds.length - 1] : undefined;
  const next = draftAhead(slot, {
    promptIds,
    limit,
    vocabSize: scheduler.engine.config.vocab_size,
    onDraft: (draft) => meter?.drafted(draft),
  });
  const chosenIds: number[] = [];
  let finishReason: FinishReason = "length";
  while (chosenIds.length < limit) {
    // Logits are valid until something else is awaited.
    const allowed = await constraint?.allowed();
    // A model may have rows past the tokenizer's ids, which stand for no text.
    const logits = (await next(unread)).subarray(0, codec.vocabSize);
    const id = sample(logits, { promptIds, chosenIds, allowed });
    constraint?.accept(id);
    chosenIds.push(id);
    unread = id;
    const tokens = chosenIds.length;
    meter?.token({ isFirst: tokens === 1, seconds: (performance.now() - asked) / 1000 });
    if (id === codec.endOfTextId || options.stopIds?.has(id)) {
      finishReason = "stop";
      break;
    }
    const decoded = decoder.push(id);
    if (topLogprobs !== undefined) {
      scores.add(scoreToken(logits, { id, top: topLogprobs }), decoded);
    }
    const { text, stopped } = filter.push(decoded);
    const scored = scores.before(text.length);
    if (stopped !== undefined) {
      const ended = { finishReason: "stop" as const, stopString: stopped };
      yield { text, tokens, scored, ...ended, fingerprint, reused };
      return;
    }
    if (text) yield { text, tokens, scored, fingerprint, reused };
    asked = performance.now();
  }
  const { text, stopped } = filter.push(decoder.flush());
  yield {
    text: text + filter.flush(),
    tokens: chosenIds.length,
    scored: stopped === undefined ? scores.rest() : scores.before(text.length),
    finishReason: stopped === undefined ? finishReason : "stop",
    ...(stopped !== undefined && { stopString: stopped }),
    fingerprint,
    reused,
  };
}

/** Holds scores back until the text in which their tokens begin is given out. */
function createScoreQueue() {
  let held: (PlacedToken & { readonly offset: number })[] = [];
  let decoded = 0, released = 0, characters = 0;
  return {
    /** Adds a token that completed `text`. */
    add(token: ChosenToken, text: string): void {
      held.push({ ...token, start: characters, offset: decoded });
      decoded += text.length;
      characters += charactersOf(text);
    },
    /** The tokens that begin before the end of the next `length` characters. */
    before(length: number): PlacedToken[] {
      released += length;
      const ready = held.filter(({ offset }) => offset < released);
      held = held.slice(ready.length);
      return ready;
    },
    rest: (): PlacedToken[] => held,
  };
}

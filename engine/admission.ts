/**
 * What a scheduler takes on, and the reasons for which it does not.
 *
 * @module
 */
import type { CacheUse, Pooling } from "./engine.ts";

/** How much a {@linkcode Scheduler} takes on. */
export interface SchedulerLimits {
  /** Sequences generated at the same time; the engine's cache may hold fewer. */
  readonly maxRunning?: number;
  /** Generations that wait for one of those to end; more are refused. */
  readonly maxWaiting?: number;
  /** Generations of one client, running or waiting; more are refused. */
  readonly maxPerClient?: number;
  /** Tokens of a prompt, where the model's context is not limit enough; longer ones are refused. */
  readonly maxPromptTokens?: number;
  /** Tokens of an answer; longer ones end there. */
  readonly maxTokens?: number;
  /** Tokens that are guessed ahead of a text and checked in one step; 0 guesses none. */
  readonly maxDraft?: number;
  /** Time a generation may take, waiting included. */
  readonly requestMs?: number;
}

/** What {@linkcode Scheduler.admit} is asked for. */
export interface AdmitOptions {
  /** Who asks: requests are shared out fairly between clients. */
  readonly client?: string | undefined;
  /** Tokens to follow the prompt at most; up to the model's context unless given. */
  readonly maxTokens?: number | undefined;
  /** Name of the engine's adapter to run with. */
  readonly adapter?: string | undefined;
  /** Ends waiting as well as generation. */
  readonly signal?: AbortSignal | undefined;
  /** Asks for an embedding, which is what `next` then gives. */
  readonly pooling?: Pooling | undefined;
}

/** One admitted generation. Disposing or aborting it frees its place and its cache. */
export interface Slot extends Disposable {
  /** The weights it runs on. */
  readonly fingerprint: string;
  /** Tokens of the prompt that the engine knew already. */
  readonly reused: number;
  /** Tokens of a draft that may be passed to `next`. */
  readonly maxDraft: number;
  /**
   * Logits `[V]` of the next token; valid until the caller next awaits something. Pass the tokens
   * that were chosen from the logits before, except the first time. Of a draft of what may follow
   * them, as much is read as the step has room for, and its logits come as well: `[1 + read, V]`.
   *
   * @throws the abort reason, {@linkcode DeadlineError}, or what the engine threw
   */
  next(chosen?: number | readonly number[], draft?: readonly number[]): Promise<Float32Array>;
  /**
   * Looks whether the generation has ended.
   *
   * @throws what `next` throws where it has
   */
  throwIfEnded(): void;
}

/** Thrown when the queue is full, or the client's share of it: try again later. */
export class QueueFullError extends Error {
  /** The name that messages and stack traces begin with. */
  override name = "QueueFullError";
}

/** Thrown for a prompt that is longer than the server takes. */
export class LongPromptError extends RangeError {
  /** The name that messages and stack traces begin with. */
  override name = "LongPromptError";
}

/** Thrown to who waits or comes when the server is about to stop. */
export class DrainingError extends Error {
  /** The name that messages and stack traces begin with. */
  override name = "DrainingError";
}

/** What is thrown when the server is about to stop. */
export function draining(): DrainingError {
  return new DrainingError("Cannot take the request: the server is about to stop");
}

/** Ends a generation that took too long. */
export class DeadlineError extends Error {
  /** The name that messages and stack traces begin with. */
  override name = "DeadlineError";
}

/** @throws {LongPromptError} when a prompt has more tokens than the limit */
export function checkPromptLength(
  { length }: ArrayLike<number>,
  { maxPromptTokens }: Required<SchedulerLimits>,
): void {
  if (length <= maxPromptTokens) return;
  throw new LongPromptError(`Cannot take a prompt of more than ${maxPromptTokens} tokens`);
}

/**
 * Limits with defaults.
 *
 * @throws {RangeError} naming the limit that is not an integer in range
 */
export function checkLimits(limits: SchedulerLimits): Required<SchedulerLimits> {
  const { maxRunning = 128, maxWaiting = 1024, maxDraft = 0, requestMs = 600_000 } = limits;
  const { maxPerClient = Infinity, maxPromptTokens = Infinity, maxTokens = Infinity } = limits;
  for (
    const [name, value, least] of [
      ["maxRunning", maxRunning, 1],
      ["maxWaiting", maxWaiting, 0],
      ["maxPerClient", maxPerClient, 1],
      ["maxPromptTokens", maxPromptTokens, 1],
      ["maxTokens", maxTokens, 1],
      ["maxDraft", maxDraft, 0],
      ["requestMs", requestMs, 1],
    ] as const
  ) {
    if (!(value >= least && (Number.isInteger(value) || value === Infinity))) {
      throw new RangeError(`Cannot schedule: ${name} must be an integer >= ${least}, got ${value}`);
    }
  }
  return { maxRunning, maxWaiting, maxPerClient, maxPromptTokens, maxTokens, maxDraft, requestMs };
}

/** Of the places and of the cache so much is kept for clients of whom nothing runs. */
const KEPT = 1 / 16;

/**
 * Who may begin beside those that run: with little room left only clients of whom nothing runs, so
 * that those with many texts never hold all of it. Nothing where all may.
 */
export function whoMayBegin(
  running: readonly { readonly client: string }[],
  { maxRunning }: { maxRunning: number },
  cache: CacheUse,
): ((place: { readonly client: string }) => boolean) | undefined {
  const places = maxRunning - Math.floor(KEPT * maxRunning);
  if (running.length < places && cache.usedBytes <= (1 - KEPT) * cache.totalBytes) return undefined;
  const clients = new Set(running.map(({ client }) => client));
  return ({ client }) => !clients.has(client);
}

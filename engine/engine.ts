/**
 * What runs a model for inference. An engine turns token ids into logits and knows nothing of text,
 * sampling, requests or HTTP.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import type { ExpWeights } from "./sampling/exp_weights.ts";

/** One text being continued: its token ids so far and the engine's cache of them. */
export interface Sequence extends Disposable {
  /** Tokens so far, prompt included. */
  readonly length: number;
  /** Tokens of the prompt whose keys and values were there already. */
  readonly reused: number;
  /** Adds the token that was chosen from the last logits. */
  append(id: number): void;
}

/** What a sequence may come to. */
export interface SequenceOptions {
  /** Tokens to follow the prompt at most; memory for them is set aside. Up to the context unless given. */
  readonly maxTokens?: number;
  /** Name of the adapter that it is written with; the model as it is unless given. */
  readonly adapter?: string;
  /** Asks for the text's embedding instead of logits: the mean of its hidden states, or the last one. */
  readonly pooling?: Pooling;
}

/** What a step may take. */
export interface StepOptions {
  /** Tokens of prompts that are read at most, where the engine's own limit is not less. */
  readonly promptTokens?: number;
  /** For each sequence that is past its prompt, tokens that may follow: they are read as well. */
  readonly drafts?: readonly (readonly number[])[];
}

/** How the hidden states of a text, after the last norm, become one vector. */
export const POOLINGS = ["mean", "last"] as const;

/** A name in {@linkcode POOLINGS}. */
export type Pooling = typeof POOLINGS[number];

/** Memory for keys and values. */
export interface CacheUse {
  /** Bytes there are for all sequences together. */
  readonly totalBytes: number;
  /** Set aside for sequences. */
  readonly usedBytes: number;
  /** Where memory is handed out in pages. */
  readonly pages?: { readonly total: number; readonly used: number };
}

/** Thrown where a sequence must wait until others are disposed of. */
export class NoRoomError extends Error {
  /** The name that messages and stack traces begin with. */
  override name = "NoRoomError";
}

/** Computes logits for many sequences, each as if it were alone. */
export interface Engine extends AsyncDisposable {
  /** The model that it runs. */
  readonly config: ModelConfig;
  /** Which weights it runs, such as `step-000900`. */
  readonly fingerprint: string;
  /** Memory for keys and values as of now. */
  readonly cache: CacheUse;
  /** Tokens of a draft that it reads at most; without it drafts are not read. */
  readonly maxDraft?: number;
  /** Whether it takes sequences with {@linkcode SequenceOptions.pooling}. */
  readonly embeds?: boolean;
  /** Weighs logits for drawing, quicker than JavaScript does and to f32's precision. */
  readonly expWeights?: ExpWeights;
  /**
   * Begins a sequence. Dispose it to free its cache, but not while it is in a `step`.
   *
   * @throws {RangeError} when the prompt is empty, longer than the context, or has an id that the
   * vocabulary has not, or when the cache could never hold prompt and answer
   * @throws {NoRoomError} when the cache cannot hold them now
   */
  createSequence(promptIds: ArrayLike<number>, options?: SequenceOptions): Sequence;
  /**
   * Brings sequences forward, by a bounded amount of work. Result i is the logits `[V]` of the token
   * that follows `sequences[i]`, its embedding `[D]` where that was asked for, or undefined while more of its prompt is left for later steps.
   * Where tokens of a draft were read, their logits follow: `[1 + tokens, V]`, each as if the text
   * were that. Prompts take their turns in the order given. Logits are valid until the next step. One
   * step at a time.
   */
  step(
    sequences: readonly Sequence[],
    options?: StepOptions,
  ): Promise<(Float32Array | undefined)[]>;
}

/** Checks what {@linkcode Engine.createSequence} promises to refuse. */
export function checkPrompt(promptIds: ArrayLike<number>, config: ModelConfig): void {
  const { max_position_embeddings: context, vocab_size: V } = config;
  if (promptIds.length === 0) throw new RangeError("Cannot continue the prompt: it has no tokens");
  if (promptIds.length >= context) {
    throw new RangeError(
      `Cannot continue the prompt: it has ${promptIds.length} tokens, and the model's context of ` +
        `${context} must also hold the answer`,
    );
  }
  for (let i = 0; i < promptIds.length; i++) {
    const id = promptIds[i];
    if (id === undefined || !Number.isInteger(id) || id < 0 || id >= V) {
      throw new RangeError(
        `Cannot continue the prompt: token ${i} is ${id}, not an id from 0 to ${V - 1}`,
      );
    }
  }
}

/** Positions that a sequence may come to hold in the cache. */
export function reservedLength(
  promptLength: number,
  { maxTokens = Infinity }: SequenceOptions,
  { max_position_embeddings: context }: ModelConfig,
): number {
  return Math.min(context, promptLength + maxTokens);
}

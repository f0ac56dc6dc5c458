/**
 * What runs a model for inference. An engine turns token ids into logits and knows nothing of text,
 * sampling, requests or HTTP.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";

/** One text being continued: its token ids so far and the engine's cache of them. */
export interface Sequence extends Disposable {
  /** Tokens so far, prompt included. */
  readonly length: number;
  /** Adds the token that was chosen from the last logits. */
  append(id: number): void;
}

/** Computes logits for many sequences, each as if it were alone. */
export interface Engine extends AsyncDisposable {
  readonly config: ModelConfig;
  /**
   * Begins a sequence. Dispose it to free its cache, but not while it is in a `step`.
   *
   * @throws {RangeError} when the prompt is empty, longer than the context, or has an id that the
   * vocabulary has not
   */
  createSequence(promptIds: ArrayLike<number>): Sequence;
  /**
   * Brings each sequence forward, by a bounded amount of work. Result i is the logits `[V]` of the
   * token that follows `sequences[i]`, or undefined while more of its prompt is left for later
   * steps. Logits are valid until the next step. One step at a time.
   */
  step(sequences: readonly Sequence[]): Promise<(Float32Array | undefined)[]>;
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

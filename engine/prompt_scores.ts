/**
 * Log-probabilities of a prompt's own tokens. Engines give the logits of the last token alone, so
 * that the prompt is read token by token: as long as it takes to generate it.
 *
 * @module
 */
import type { Slot } from "./admission.ts";
import { type ScoredToken, scoreToken } from "./sampling/logprobs.ts";
import { charactersOf, type TextCodec } from "./text_codec.ts";

/** A token of a prompt, and where in its text it begins. */
export interface PromptToken {
  /** From 0 to V - 1. */
  readonly id: number;
  /** Nothing came before the first token that could make it likely. */
  readonly logprob: number | null;
  /** The likeliest tokens in its place, likeliest first. */
  readonly top: readonly ScoredToken[];
  /** Characters (code points) of the prompt's text before it. */
  readonly start: number;
}

/**
 * Scores `promptIds`, of which `slot` has read the first alone. The last is left for the caller to
 * pass to `next`, where there is more than one.
 *
 * @throws what {@linkcode Slot.next} throws
 */
export async function scorePrompt(
  slot: Slot,
  { promptIds, codec, top }: {
    promptIds: ArrayLike<number>;
    codec: TextCodec;
    top: number;
  },
): Promise<PromptToken[]> {
  const decoder = codec.decodeStream();
  const scored: PromptToken[] = [];
  let start = 0, before: number | undefined;
  for (const id of Array.from(promptIds)) {
    if (scored.length === 0) scored.push({ id, logprob: null, top: [], start });
    else {
      const logits = (await slot.next(before)).subarray(0, codec.vocabSize);
      scored.push({ ...scoreToken(logits, { id, top }), start });
      before = id;
    }
    start += charactersOf(decoder.push(id));
  }
  return scored;
}

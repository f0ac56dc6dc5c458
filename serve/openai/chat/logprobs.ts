/**
 * Log-probabilities in the shape of OpenAI's chat completions.
 *
 * @module
 */
import { finiteLogprob, tokenText } from "../completion_logprobs.ts";
import type { PlacedToken, ScoredToken, TextCodec } from "../../../engine/mod.ts";

/** A token, spelled and in UTF-8. */
export interface ChatToken {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
}

/** The `logprobs` of a choice. */
export interface ChatLogprobs {
  readonly content: readonly (ChatToken & { readonly top_logprobs: readonly ChatToken[] })[];
  readonly refusal: null;
}

/** `scored` for a client. */
export function chatLogprobs(scored: readonly PlacedToken[], codec: TextCodec): ChatLogprobs {
  const spelled = ({ id, logprob }: ScoredToken): ChatToken => ({
    token: tokenText(codec, id),
    logprob: finiteLogprob(logprob),
    bytes: Array.from(codec.bytesOf(id) ?? []),
  });
  return {
    content: scored.map((token) => ({ ...spelled(token), top_logprobs: token.top.map(spelled) })),
    refusal: null,
  };
}

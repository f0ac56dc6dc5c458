/**
 * Log-probabilities in the shape of OpenAI's completions.
 *
 * @module
 */
import type { PlacedToken, PromptToken, TextCodec } from "../../engine/mod.ts";

/** The `logprobs` of a choice: one entry for each token. */
export interface CompletionLogprobs {
  readonly tokens: readonly string[];
  /** Null for the first token of a prompt, before which there is nothing. */
  readonly token_logprobs: readonly (number | null)[];
  /** The likeliest tokens and the chosen one. */
  readonly top_logprobs: readonly (Readonly<Record<string, number>> | null)[];
  /** Where each token begins in the text, in characters: code points. */
  readonly text_offset: readonly number[];
}

/** `scored` for a client. */
export function completionLogprobs(
  scored: readonly (PlacedToken | PromptToken)[],
  codec: TextCodec,
): CompletionLogprobs {
  return {
    tokens: scored.map(({ id }) => tokenText(codec, id)),
    token_logprobs: scored.map(({ logprob }) => logprob === null ? null : finiteLogprob(logprob)),
    top_logprobs: scored.map(({ id, logprob, top }) =>
      logprob === null ? null : Object.fromEntries(
        [...top, { id, logprob }].map((
          { id, logprob },
        ) => [tokenText(codec, id), finiteLogprob(logprob)]),
      )
    ),
    text_offset: scored.map(({ start }) => start),
  };
}

/** A token's text; one that is no whole UTF-8 is spelled `bytes:\xe2\x82`, as OpenAI does. */
export function tokenText(codec: TextCodec, id: number): string {
  const bytes = codec.bytesOf(id) ?? new Uint8Array();
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (!text.includes("\ufffd")) return text;
  return "bytes:" +
    Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

/** JSON has no -Infinity; OpenAI gives -9999 for it. */
export function finiteLogprob(logprob: number): number {
  return Math.max(logprob, -9999);
}

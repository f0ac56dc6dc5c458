/**
 * What encoding takes and gives beside the text and its ids.
 *
 * @module
 */

/** Choices for `encode` of a tokenizer. */
export interface EncodeOptions {
  /** Read the text of a special token as that token. Off, it is ordinary text. */
  readonly allowSpecial?: boolean;
  /**
   * Begin with what the tokenizer puts before a text, as `add_special_tokens` of transformers does;
   * that stays when other tokens are left out.
   */
  readonly addPrefix?: boolean;
  /** Leave out what is more than this. */
  readonly maxTokens?: number;
  /** Which tokens stay when some are left out; the first ones unless stated. */
  readonly keep?: "start" | "end";
}

/** Tokens and where they stand. */
export interface Encoding {
  /** Token ids, in the order of the text. */
  readonly ids: Uint32Array;
  /** Start and end of each token in UTF-16 code units of the text, `[2 * ids.length]`. */
  readonly offsets: Uint32Array;
}

/**
 * What serving needs of a tokenizer.
 *
 * @module
 */

/** Text to token ids and back. */
export interface TextCodec {
  /**
   * With `allowSpecial`, the text of a special token is read as that token; with `addPrefix`,
   * {@linkcode prefixIds} come first.
   */
  encode(
    text: string,
    options?: { allowSpecial?: boolean; addPrefix?: boolean },
  ): ArrayLike<number>;
  /** An encoder of ordinary text that comes in pieces; what has none encodes in one go. */
  encodeStream?(): { push(text: string): ArrayLike<number>; flush(): ArrayLike<number> };
  /** A decoder that never splits a character: `push` may hold bytes back, `flush` gives them out. */
  decodeStream(): { push(id: number): string; flush(): string };
  /** One more than the highest id. */
  readonly vocabSize: number;
  /** What the tokenizer's post-processor puts before a text. */
  readonly prefixIds?: readonly number[];
  /** Ends a text. */
  readonly endOfTextId: number;
  /** The UTF-8 of a token, which may end within a character; undefined where no token has the id. */
  bytesOf(id: number): Uint8Array | undefined;
  /** Whether ordinary text never has this token. */
  isSpecial(id: number): boolean;
}

/** How many characters a text has: code points, as OpenAI's offsets count. */
export function charactersOf(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

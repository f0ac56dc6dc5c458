/**
 * Trains a byte-level BPE tokenizer on streamed text.
 *
 * @module
 */

import { ALPHABET_ORDER, BYTE_CHARS } from "./byte_alphabet.ts";
import { type CountedWords, learnMerges } from "./learn_merges.ts";
import { createPretokenizer, type PretokenVisitor, type SplitName } from "./pretokenize.ts";
import { Tokenizer } from "./tokenizer.ts";
import { WordTable } from "./word_table.ts";

/** Special tokens of a trained tokenizer, with ids from 0. */
export const SPECIAL_TOKENS: readonly string[] = ["<|endoftext|>", "<|pad|>"];

/** How far training has come. */
export interface TrainProgress {
  readonly phase: "count" | "merge";
  /** UTF-16 code units read so far. */
  readonly chars: number;
  /** Tokens known so far. */
  readonly tokens: number;
}

/** One text, whole or in pieces. */
export type TrainingText = string | AsyncIterable<string>;

/** Choices for {@linkcode trainTokenizer}. */
export interface TrainTokenizerOptions {
  /** Upper bound; a small text may not hold enough repeated pairs to reach it. */
  readonly vocabSize: number;
  /** Pairs that occur less often are not merged. */
  readonly minFrequency?: number;
  readonly split?: SplitName;
  /** Longer tokens are not made. */
  readonly maxTokenBytes?: number;
  readonly onProgress?: (progress: TrainProgress) => void;
}

/**
 * Trains a tokenizer: special tokens, the 256 bytes, then merges by frequency, equal to what the
 * `BpeTrainer` of Hugging Face tokenizers learns from the same texts. Memory grows with the number
 * of distinct words, not with the amount of text.
 *
 * @throws {RangeError} when `vocabSize` leaves no room for the bytes
 * @example
 * ```ts
 * import { trainTokenizer } from "./train.ts";
 * const tokenizer = await trainTokenizer(["ab ab ab"], { vocabSize: 260 });
 * console.assert(tokenizer.vocabSize === 260 && tokenizer.idToToken(258) === "ab");
 * ```
 */
export async function trainTokenizer(
  texts: AsyncIterable<TrainingText> | Iterable<TrainingText>,
  { vocabSize, minFrequency = 2, split = "gpt2", maxTokenBytes = Infinity, onProgress }:
    TrainTokenizerOptions,
): Promise<Tokenizer> {
  const least = SPECIAL_TOKENS.length + 256;
  if (!Number.isInteger(vocabSize) || vocabSize < least) {
    throw new RangeError(
      `Cannot train a tokenizer: --vocab must be an integer >= ${least}, got ${vocabSize}`,
    );
  }
  const { words, chars } = await countWords(texts, { vocabSize, split, onProgress });
  const tokens = [...SPECIAL_TOKENS, ...ALPHABET_ORDER.map((byte) => BYTE_CHARS[byte] as string)];
  const pairs = await learnMerges(words, {
    tokens,
    vocabSize,
    minFrequency,
    maxTokenBytes,
    ...(onProgress && {
      onProgress: (count: number) => onProgress({ phase: "merge", chars, tokens: count }),
    }),
  });
  return new Tokenizer({
    vocab: new Map(tokens.map((token, id) => [token, id])),
    merges: pairs.map(([left, right]) => [tokens[left] as string, tokens[right] as string]),
    specials: SPECIAL_TOKENS.map((content, id) => ({ id, content })),
    split,
  });
}

/** Counts every distinct piece of the texts. */
async function countWords(
  texts: AsyncIterable<TrainingText> | Iterable<TrainingText>,
  { vocabSize, split, onProgress }: {
    vocabSize: number;
    split: SplitName;
    onProgress: TrainTokenizerOptions["onProgress"];
  },
): Promise<{ words: CountedWords; chars: number }> {
  const table = new WordTable();
  const counts: number[] = [];
  const pretokenize = createPretokenizer(split);
  let chars = 0;
  const visit: PretokenVisitor = (bytes, start, end) => {
    const word = table.find(bytes, start, end);
    if (word < 0) counts[table.add(bytes, { start, end })] = 1;
    else counts[word] = counts[word] as number + 1;
  };
  const add = (text: string, more: boolean): void => {
    pretokenize(text, visit, { more });
    chars += text.length;
    onProgress?.({ phase: "count", chars, tokens: 0 });
  };
  for await (const text of texts) {
    if (typeof text === "string") add(text, false);
    else {
      for await (const piece of text) add(piece, true);
      add("", false);
    }
  }
  const idOfByte = new Int32Array(256);
  ALPHABET_ORDER.forEach((byte, i) => idOfByte[byte] = SPECIAL_TOKENS.length + i);
  // Filled by loops: `from` would make an array of millions of values on the way.
  const Symbols = vocabSize <= 65536 ? Uint16Array : Int32Array;
  const symbols = new Symbols(table.byteLength);
  for (let i = 0; i < symbols.length; i++) {
    symbols[i] = idOfByte[table.arena[i] as number] as number;
  }
  const starts = new Int32Array(table.size + 1);
  for (let i = 0; i <= table.size; i++) starts[i] = table.start(i);
  return { words: { symbols, starts, counts: Float64Array.from(counts) }, chars };
}

/**
 * Trains a byte-level BPE tokenizer on streamed text.
 *
 * @module
 */

import { ALPHABET_ORDER, BYTE_CHARS } from "./byte_alphabet.ts";
import { release } from "./flat_array.ts";
import { learnMerges } from "./learn_merges.ts";
import {
  createPretokenizer,
  type PretokenVisitor,
  type SplitName,
  type Text,
} from "./pretokenize.ts";
import { Tokenizer } from "./tokenizer.ts";
import { WordCounts, type Words } from "./word_counts.ts";

/** Special tokens of a trained tokenizer, with ids from 0. */
const SPECIAL_TOKENS: readonly string[] = ["<|endoftext|>", "<|pad|>"];

/** How far training has come. */
export interface TrainProgress {
  /** `count`: counting words; `merge`: learning merges, after all text is read. */
  readonly phase: "count" | "merge";
  /** UTF-16 code units read so far, or bytes of text that comes as bytes. */
  readonly chars: number;
  /** Tokens known so far. */
  readonly tokens: number;
  /** Times that counts went to disk. */
  readonly spills: number;
  /** Rare words that found no room after that and are not learned from. */
  readonly droppedWords: number;
}

/** One text, whole or in pieces, which are all strings or all well-formed UTF-8. */
export type TrainingText = Text | AsyncIterable<Text>;

/** Choices for {@linkcode trainTokenizer}. */
export interface TrainTokenizerOptions {
  /** Upper bound; a small text may not hold enough repeated pairs to reach it. */
  readonly vocabSize: number;
  /** Pairs that occur less often are not merged. */
  readonly minFrequency?: number;
  /** How text is cut into words, across which nothing is merged; `gpt2` by default. */
  readonly split?: SplitName;
  /** Longer tokens are not made. */
  readonly maxTokenBytes?: number;
  /** Tokens that no text becomes unless it is allowed to; they get the lowest ids. */
  readonly specialTokens?: readonly string[];
  /**
   * Bytes that get a token even where the text has none of them; all 256 by default. What a
   * tokenizer has no token for it refuses to encode.
   */
  readonly initialAlphabet?: Iterable<number>;
  /** Bytes that counting words may hold; past them counts go to disk. */
  readonly memoryBytes?: number;
  /** Where they go, until training is over; the system's folder for such files by default. */
  readonly spillDir?: string;
  /** Called after each piece of text that is counted, and as merges are learned. */
  readonly onProgress?: (progress: TrainProgress) => void;
}

/** A text is counted in stretches of this many characters, memory looked at in between. */
const STRETCH_CHARS = 1 << 20;

/**
 * Trains a tokenizer: special tokens, the bytes, then merges by frequency, equal to what the
 * `BpeTrainer` of Hugging Face tokenizers learns from the same texts. Memory grows with the number
 * of distinct words up to `memoryBytes`, not with the amount of text.
 *
 * @throws {RangeError} when `vocabSize` leaves no room for the bytes
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { trainTokenizer } from "./train.ts";
 * const tokenizer = await trainTokenizer(["ab ab ab"], { vocabSize: 260 });
 * assertEquals(tokenizer.vocabSize, 260);
 * assertEquals(tokenizer.idToToken(258), "ab");
 * ```
 */
export async function trainTokenizer(
  texts: AsyncIterable<TrainingText> | Iterable<TrainingText>,
  options: TrainTokenizerOptions,
): Promise<Tokenizer> {
  const { vocabSize, minFrequency = 2, split = "gpt2", maxTokenBytes = Infinity } = options;
  const { specialTokens = SPECIAL_TOKENS, initialAlphabet = ALPHABET_ORDER } = options;
  if (new Set(specialTokens).size !== specialTokens.length || specialTokens.includes("")) {
    throw new TypeError("Cannot train a tokenizer: special tokens must differ and not be empty");
  }
  const alphabet = new Set(initialAlphabet);
  checkVocab(vocabSize, specialTokens.length + alphabet.size);
  const { words, progress } = await countWords(texts, options);
  for (const byte of words.arena) alphabet.add(byte);
  checkVocab(vocabSize, specialTokens.length + alphabet.size);
  const bytes = ALPHABET_ORDER.filter((byte) => alphabet.has(byte));
  const vocab = new Map([...specialTokens, ...bytes.map((byte) => BYTE_CHARS[byte] as string)]
    .map((token, id) => [token, id]));
  const idOfByte = new Int32Array(256);
  bytes.forEach((byte, i) => idOfByte[byte] = specialTokens.length + i);
  const { starts, counts } = words;
  const merges = await learnMerges({
    symbols: symbolsOf(words, { idOfByte, vocabSize }),
    starts,
    counts,
  }, {
    vocab,
    vocabSize,
    minFrequency,
    maxTokenBytes,
    onProgress: (count) => options.onProgress?.({ ...progress, phase: "merge", tokens: count }),
  });
  return new Tokenizer({
    vocab,
    merges,
    specials: specialTokens.map((content, id) => ({ id, content })),
    split,
  });
}

function checkVocab(vocabSize: number, least: number): void {
  if (Number.isInteger(vocabSize) && vocabSize >= least) return;
  throw new RangeError(
    `Cannot train a tokenizer: --vocab must be an integer >= ${least}, got ${vocabSize}`,
  );
}

/** Counts every distinct piece of the texts. */
async function countWords(
  texts: AsyncIterable<TrainingText> | Iterable<TrainingText>,
  { split = "gpt2", memoryBytes = 2 ** 28, spillDir, onProgress }: TrainTokenizerOptions,
): Promise<{ words: Words; progress: TrainProgress }> {
  using counts = new WordCounts({ memoryBytes, ...(spillDir !== undefined && { spillDir }) });
  const pretokenize = createPretokenizer(split);
  let chars = 0, turnAt = STRETCH_CHARS;
  const visit: PretokenVisitor = (bytes, start, end) => counts.add(bytes, start, end);
  const now = () => ({ chars, tokens: 0, spills: counts.runs, droppedWords: 0 });
  const add = (text: Text): void => {
    for (let at = 0; at < text.length; at += STRETCH_CHARS) {
      pretokenize(stretch(text, at), visit, { more: true });
      counts.spillIfLarge();
    }
    chars += text.length;
    onProgress?.({ phase: "count", ...now() });
  };
  for await (const text of texts) {
    if (typeof text === "string" || text instanceof Uint8Array) add(text);
    else for await (const piece of text) add(piece);
    pretokenize("", visit);
    if (chars < turnAt) continue;
    // Texts that are at hand leave timers no turn.
    await new Promise((resolve) => setTimeout(resolve, 0));
    turnAt = chars + STRETCH_CHARS;
  }
  const words = counts.finish();
  return { words, progress: { phase: "count", ...now(), droppedWords: words.dropped } };
}

/** The part of a text that is counted from `at` on. */
function stretch(text: Text, at: number): Text {
  if (at === 0 && text.length <= STRETCH_CHARS) return text;
  return typeof text === "string"
    ? text.slice(at, at + STRETCH_CHARS)
    : text.subarray(at, at + STRETCH_CHARS);
}

/** The words as ids of their bytes, which are released. */
function symbolsOf(
  { arena, starts }: Words,
  { idOfByte, vocabSize }: { idOfByte: Int32Array; vocabSize: number },
): Uint16Array | Int32Array {
  const Symbols = vocabSize <= 65536 ? Uint16Array : Int32Array;
  const symbols = new Symbols(starts[starts.length - 1] as number);
  // By a loop: `from` would make an array of millions of values on the way.
  for (let i = 0; i < symbols.length; i++) {
    symbols[i] = idOfByte[arena[i] as number] as number;
  }
  release(arena);
  return symbols;
}

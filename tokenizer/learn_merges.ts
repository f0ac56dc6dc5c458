/**
 * Learns byte-pair merges from counted words, rule for rule as the `BpeTrainer` of Hugging Face
 * tokenizers 0.23 does.
 *
 * @module
 */

import { grown, release } from "./flat_array.ts";
import { MergeQueue, WordLists } from "./merge_queue.ts";
import { PairTable } from "./pair_table.ts";

/** Distinct words as token ids, end to end: word `i` is `symbols[starts[i], starts[i + 1])`. */
export interface CountedWords {
  readonly symbols: Uint16Array | Int32Array;
  /** One more than there are words. */
  readonly starts: Int32Array;
  /** How often each word occurs. */
  readonly counts: Float64Array;
}

/** Options of {@linkcode learnMerges}. */
export interface LearnMergesOptions {
  /** Ids of the known tokens' written forms, counted from 0; learned tokens are added. */
  readonly vocab: Map<string, number>;
  readonly vocabSize: number;
  /** A pair that occurs less often is never merged. */
  readonly minFrequency: number;
  /** Longer tokens are not made. */
  readonly maxTokenBytes?: number;
  readonly onProgress?: (tokens: number) => void;
}

/** Yields to other work after this many merges. */
const MERGES_A_TURN = 128;

/**
 * Learns merges until there are `vocabSize` tokens or no pair is frequent enough. The most frequent
 * pair comes first, and of equals the one with the lower ids.
 *
 * Memory is about 8 bytes for each byte of the distinct words. `words` is consumed: its arrays are
 * freed.
 *
 * @returns the merged pairs in their written forms, in order
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { learnMerges } from "./learn_merges.ts";
 * const words = {
 *   symbols: Int32Array.of(0, 1, 0, 1, 2),
 *   starts: Int32Array.of(0, 2, 5),
 *   counts: Float64Array.of(3, 1),
 * };
 * const vocab = new Map([["a", 0], ["b", 1], ["c", 2]]);
 * const merges = await learnMerges(words, { vocab, vocabSize: 4, minFrequency: 2 });
 * assertEquals(merges, [["a", "b"]]);
 * assertEquals(vocab.get("ab"), 3);
 * ```
 */
export async function learnMerges(
  words: CountedWords,
  { vocab, vocabSize, minFrequency, maxTokenBytes = Infinity, onProgress }: LearnMergesOptions,
): Promise<[string, string][]> {
  const { symbols, starts, counts } = words;
  const lengths = new Int32Array(counts.length);
  for (let i = 0; i < counts.length; i++) {
    lengths[i] = starts[i + 1] as number - (starts[i] as number);
  }
  const tokens = [...vocab.keys()];
  using pairs = new PairTable();
  const index = indexPairs(words, pairs);
  let pairCounts = index.counts;
  using queue = new MergeQueue(pairs);
  using lists = new WordLists();
  const merges: [string, string][] = [];
  // Words in which a pair has become more frequent since the queue was last filled.
  let risen = new Int32Array(pairCounts.length).fill(-1);
  const risenPairs: number[] = [];

  const change = (left: number, right: number, word: number, by: number): void => {
    const pair = pairs.add(left, right);
    if (pair >= pairCounts.length) {
      pairCounts = grown(pairCounts);
      risen = grown(risen).fill(-1, pair);
    }
    pairCounts[pair] = pairCounts[pair] as number + by * (counts[word] as number);
    if (by < 0) return;
    if (risen[pair] === -1) risenPairs.push(pair);
    risen[pair] = lists.prepend(risen[pair] as number, word);
  };
  const dropAll = (list: number): void => {
    while (list !== -1) list = lists.drop(list);
  };
  const mergeInWord = (word: number, left: number, right: number, id: number): void => {
    const start = starts[word] as number;
    let length = lengths[word] as number;
    for (let i = 0; i + 1 < length; i++) {
      const at = start + i;
      if (symbols[at] !== left || symbols[at + 1] !== right) continue;
      if (i > 0) {
        const before = symbols[at - 1] as number;
        change(before, left, word, -1);
        change(before, id, word, 1);
      }
      symbols[at] = id;
      symbols.copyWithin(at + 1, at + 2, start + length);
      length--;
      if (i + 1 < length) {
        const after = symbols[at + 1] as number;
        change(right, after, word, -1);
        change(id, after, word, 1);
      }
    }
    lengths[word] = length;
  };

  for (let pair = 0; pair < pairs.size; pair++) {
    queue.push(pair, { count: pairCounts[pair] as number, list: -1 });
  }

  while (vocab.size < vocabSize && queue.size > 0) {
    const { pair, list: later } = queue;
    const count = pairCounts[pair] as number;
    if (queue.count !== count) {
      // Its count has changed since it was queued, so its position must too.
      queue.recount(count);
      continue;
    }
    if (count < Math.max(1, minFrequency)) break;
    queue.pop();
    const left = pairs.left(pair), right = pairs.right(pair);
    const parts: [string, string] = [tokens[left] as string, tokens[right] as string];
    const token = parts.join(""); // one character per byte
    if (token.length > maxTokenBytes) {
      dropAll(later);
      continue;
    }
    // Two ways to spell one token share its id, but both rules are recorded.
    let id = vocab.get(token);
    if (id === undefined) {
      id = tokens.push(token) - 1;
      vocab.set(token, id);
    }
    merges.push(parts);
    if (later === -1) {
      for (const word of index.wordsOf(pair)) mergeInWord(word, left, right, id);
    }
    for (let list = later; list !== -1; list = lists.drop(list)) {
      mergeInWord(lists.word(list), left, right, id);
    }
    for (const pair of risenPairs) {
      const list = risen[pair] as number, count = pairCounts[pair] as number;
      risen[pair] = -1;
      if (count > 0) queue.push(pair, { count, list });
      else dropAll(list);
    }
    risenPairs.length = 0;
    if (merges.length % MERGES_A_TURN === 0) {
      onProgress?.(tokens.length);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
  onProgress?.(tokens.length);
  release(symbols, starts, counts, lengths, pairCounts, risen);
  index.release();
  return merges;
}

/**
 * Numbers all pairs of the words; how often each occurs, and in which words. The lists share one
 * array: as arrays of their own they would be the most that training holds.
 */
function indexPairs(
  { symbols, starts, counts }: CountedWords,
  pairs: PairTable,
): { counts: Float64Array; wordsOf: (pair: number) => Int32Array; release: () => void } {
  let pairCounts = new Float64Array(1024);
  // By pair: the word seen last, and in how many words it is.
  let last = new Int32Array(1024).fill(-1), sizes = new Int32Array(1024);
  const forEachPair = (visit: (pair: number, word: number) => void): void => {
    for (let word = 0; word < counts.length; word++) {
      const stop = starts[word + 1] as number - 1;
      for (let at = starts[word] as number; at < stop; at++) {
        visit(pairs.add(symbols[at] as number, symbols[at + 1] as number), word);
      }
    }
  };
  forEachPair((pair, word) => {
    if (pair === sizes.length) {
      pairCounts = grown(pairCounts);
      last = grown(last).fill(-1, pair);
      sizes = grown(sizes);
    }
    pairCounts[pair] = pairCounts[pair] as number + (counts[word] as number);
    if (last[pair] === word) return;
    last[pair] = word;
    sizes[pair] = sizes[pair] as number + 1;
  });
  const ends = new Int32Array(pairs.size + 1); // first the starts, filled up to the ends
  for (let i = 0; i < pairs.size; i++) ends[i + 1] = ends[i] as number + (sizes[i] as number);
  const all = new Int32Array(ends[pairs.size] as number);
  last.fill(-1);
  forEachPair((pair, word) => {
    if (last[pair] === word) return;
    last[pair] = word;
    const at = ends[pair] as number;
    all[at] = word;
    ends[pair] = at + 1;
  });
  return {
    counts: pairCounts,
    wordsOf: (pair) => all.subarray(pair === 0 ? 0 : ends[pair - 1], ends[pair]),
    release: () => release(all, ends),
  };
}

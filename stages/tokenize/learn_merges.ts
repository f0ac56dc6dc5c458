/**
 * Learns byte-pair merges from counted words, rule for rule as the `BpeTrainer` of Hugging Face
 * tokenizers 0.23 does.
 *
 * @module
 */

import { PairTable } from "./pair_table.ts";

/** Distinct words as token ids, end to end: word `i` is `symbols[starts[i], starts[i + 1])`. */
export interface CountedWords {
  readonly symbols: Uint16Array | Int32Array;
  /** One more than there are words. */
  readonly starts: Int32Array;
  /** How often each word occurs. */
  readonly counts: Float64Array;
}

/** What {@linkcode learnMerges} needs besides the words. */
export interface LearnMergesOptions {
  /** Written form of every known token, by id; learned tokens are appended. */
  readonly tokens: string[];
  readonly vocabSize: number;
  /** A pair that occurs less often is never merged. */
  readonly minFrequency: number;
  /** Longer tokens are not made. */
  readonly maxTokenBytes?: number;
  readonly onProgress?: (tokens: number) => void;
}

/** A pair waiting to be merged: its count when queued, and the words in which that count arose. */
interface Candidate {
  readonly pair: number;
  readonly left: number;
  readonly right: number;
  count: number;
  readonly words: ArrayLike<number>;
}

/** Let other work run after this many merges. */
const MERGES_A_TURN = 128;

/**
 * Learns merges until there are `vocabSize` tokens or no pair is frequent enough. The most frequent
 * pair comes first, and of equals the one with the lower ids.
 *
 * Memory is about 8 bytes for each byte of the distinct words. `words.symbols` is overwritten.
 *
 * @returns the merged pairs of ids, in order
 * @example
 * ```ts
 * import { learnMerges } from "./learn_merges.ts";
 * const words = {
 *   symbols: Int32Array.of(0, 1, 0, 1, 2),
 *   starts: Int32Array.of(0, 2, 5),
 *   counts: Float64Array.of(3, 1),
 * };
 * const tokens = ["a", "b", "c"];
 * const merges = await learnMerges(words, { tokens, vocabSize: 4, minFrequency: 2 });
 * console.assert(merges.length === 1 && tokens[3] === "ab");
 * ```
 */
export async function learnMerges(
  words: CountedWords,
  { tokens, vocabSize, minFrequency, maxTokenBytes = Infinity, onProgress }: LearnMergesOptions,
): Promise<[number, number][]> {
  const { symbols, starts, counts } = words;
  const lengths = new Int32Array(counts.length);
  for (let i = 0; i < counts.length; i++) {
    lengths[i] = starts[i + 1] as number - (starts[i] as number);
  }
  const idOfToken = new Map(tokens.map((token, id) => [token, id]));
  const pairs = new PairTable();
  const { pairCounts, wordsOf } = indexPairs(words, pairs);
  const queue: Candidate[] = [];
  const merges: [number, number][] = [];
  // Words in which a pair has become more frequent since the queue was last filled.
  let risen = new Map<number, number[]>();

  const change = (
    left: number,
    right: number,
    { word, by }: { word: number; by: number },
  ): void => {
    const pair = pairs.add(left, right);
    pairCounts[pair] = (pairCounts[pair] ?? 0) + by * (counts[word] as number);
    if (by < 0) return;
    const list = risen.get(pair);
    if (list === undefined) risen.set(pair, [word]);
    else if (list[list.length - 1] !== word) list.push(word);
  };
  const enqueue = (pair: number, words: ArrayLike<number>): void => {
    const count = pairCounts[pair] as number;
    if (count === 0) return;
    push(queue, { pair, left: pairs.left(pair), right: pairs.right(pair), count, words });
  };
  const mergeInWord = (word: number, left: number, right: number, id: number): void => {
    const start = starts[word] as number;
    let length = lengths[word] as number;
    for (let i = 0; i + 1 < length; i++) {
      const at = start + i;
      if (symbols[at] !== left || symbols[at + 1] !== right) continue;
      if (i > 0) {
        const before = symbols[at - 1] as number;
        change(before, left, { word, by: -1 });
        change(before, id, { word, by: 1 });
      }
      symbols[at] = id;
      symbols.copyWithin(at + 1, at + 2, start + length);
      length--;
      if (i + 1 < length) {
        const after = symbols[at + 1] as number;
        change(right, after, { word, by: -1 });
        change(id, after, { word, by: 1 });
      }
    }
    lengths[word] = length;
  };

  wordsOf.forEach((words, pair) => enqueue(pair, words));

  while (idOfToken.size < vocabSize && queue.length > 0) {
    const top = queue[0] as Candidate;
    const count = pairCounts[top.pair] as number;
    if (top.count !== count) {
      // Its count has changed since it was queued: put it where it belongs now.
      pop(queue);
      top.count = count;
      push(queue, top);
      continue;
    }
    if (count < Math.max(1, minFrequency)) break;
    pop(queue);
    const token = `${tokens[top.left]}${tokens[top.right]}`; // one character a byte
    if (token.length > maxTokenBytes) continue;
    // Two ways to spell one token share its id; the rule is recorded all the same.
    let id = idOfToken.get(token);
    if (id === undefined) {
      id = tokens.push(token) - 1;
      idOfToken.set(token, id);
    }
    merges.push([top.left, top.right]);
    for (let i = 0; i < top.words.length; i++) {
      mergeInWord(top.words[i] as number, top.left, top.right, id);
    }
    for (const [pair, list] of risen) enqueue(pair, list);
    risen = new Map();
    if (merges.length % MERGES_A_TURN === 0) {
      onProgress?.(tokens.length);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
  onProgress?.(tokens.length);
  return merges;
}

/**
 * Numbers all pairs of the words; how often each occurs, and in which words. The lists share one
 * array: as arrays of their own they would be the most that training holds.
 */
function indexPairs(
  { symbols, starts, counts }: CountedWords,
  pairs: PairTable,
): { pairCounts: number[]; wordsOf: Int32Array[] } {
  const pairCounts: number[] = [];
  const sizes: number[] = [];
  const lastWords: number[] = [];
  const forEachPair = (visit: (pair: number, word: number) => void): void => {
    for (let word = 0; word < counts.length; word++) {
      const stop = starts[word + 1] as number - 1;
      for (let at = starts[word] as number; at < stop; at++) {
        visit(pairs.add(symbols[at] as number, symbols[at + 1] as number), word);
      }
    }
  };
  forEachPair((pair, word) => {
    pairCounts[pair] = (pairCounts[pair] ?? 0) + (counts[word] as number);
    if (lastWords[pair] === word) return;
    lastWords[pair] = word;
    sizes[pair] = (sizes[pair] ?? 0) + 1;
  });
  const all = new Int32Array(sizes.reduce((sum, size) => sum + size, 0));
  let start = 0;
  const wordsOf = sizes.map((size) => all.subarray(start, start += size));
  const filled = new Int32Array(sizes.length);
  forEachPair((pair, word) => {
    const list = wordsOf[pair] as Int32Array, at = filled[pair] as number;
    if (at > 0 && list[at - 1] === word) return;
    list[at] = word;
    filled[pair] = at + 1;
  });
  return { pairCounts, wordsOf };
}

function comesBefore(a: Candidate, b: Candidate): boolean {
  if (a.count !== b.count) return a.count > b.count;
  return a.left !== b.left ? a.left < b.left : a.right < b.right;
}

function push(queue: Candidate[], candidate: Candidate): void {
  let at = queue.length;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!comesBefore(candidate, queue[parent] as Candidate)) break;
    queue[at] = queue[parent] as Candidate;
    at = parent;
  }
  queue[at] = candidate;
}

function pop(queue: Candidate[]): void {
  const last = queue.pop() as Candidate;
  const size = queue.length;
  if (size === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && comesBefore(queue[child + 1] as Candidate, queue[child] as Candidate)) {
      child++;
    }
    if (!comesBefore(queue[child] as Candidate, last)) break;
    queue[at] = queue[child] as Candidate;
    at = child;
  }
  queue[at] = last;
}

/**
 * How often each word occurs, in bounded memory: past a budget the counts go to disk as sorted runs,
 * which are added up at the end.
 *
 * @module
 */

import { join } from "node:path";
import { grown, release } from "./flat_array.ts";
import { mergeRuns, writeRun } from "./word_runs.ts";
import { WordTable } from "./word_table.ts";

/** Words end to end in one arena: word `i` is `arena[starts[i], starts[i + 1])`. */
export interface Words {
  readonly arena: Uint8Array;
  /** One more than there are words. */
  readonly starts: Int32Array;
  /** How often each occurs; whole numbers, exact up to 2 ** 53. */
  readonly counts: Float64Array;
  /** Words of the text that the budget had no room for, the rarest ones. */
  readonly dropped: number;
}

/** Which words are kept: those that occur `least` times or more. */
interface Kept {
  readonly least: number;
  readonly words: number;
  /** Of the kept words. */
  readonly bytes: number;
  readonly dropped: number;
}

/** Bytes that learning holds for each word and for each of its bytes, about. */
const LEARN_BYTES_A_WORD = 24, LEARN_BYTES_A_BYTE = 8;

/** Choices for {@linkcode WordCounts}. */
export interface WordCountsOptions {
  /** Bytes that learning from the words may hold; counting them takes a quarter at most. */
  readonly memoryBytes: number;
  /** Where runs are kept for as long as they are needed; the system's folder by default. */
  readonly spillDir?: string;
}

/**
 * Counts words.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { WordCounts } from "./word_counts.ts";
 * using counts = new WordCounts({ memoryBytes: 2 ** 20 });
 * const bytes = new TextEncoder().encode("to be");
 * for (const [start, end] of [[0, 2], [3, 5], [0, 2]] as const) counts.add(bytes, start, end);
 * assertEquals([...counts.finish().counts], [2, 1]);
 * ```
 */
export class WordCounts implements Disposable {
  readonly #memoryBytes: number;
  readonly #spillDir: string | undefined;
  #table = new WordTable();
  #counts = new Float64Array(512);
  #dir: string | undefined;
  #runs: string[] = [];

  constructor({ memoryBytes, spillDir }: WordCountsOptions) {
    this.#memoryBytes = memoryBytes;
    this.#spillDir = spillDir;
  }

  /** Runs written so far. */
  get runs(): number {
    return this.#runs.length;
  }

  /** Counts `bytes[start, end)` once. */
  add(bytes: Uint8Array, start: number, end: number): void {
    let word = this.#table.find(bytes, start, end);
    if (word < 0) {
      word = this.#table.add(bytes, { start, end });
      if (word === this.#counts.length) this.#counts = grown(this.#counts);
      this.#counts[word] = 0;
    }
    this.#counts[word] = this.#counts[word] as number + 1;
  }

  /** Moves the counts to disk when they take more than the budget; to be called now and then. */
  spillIfLarge(): void {
    if (this.#table.memoryBytes + this.#counts.byteLength <= this.#memoryBytes / 4) return;
    this.#spill();
  }

  #spill(): void {
    if (this.#table.size === 0) return;
    this.#dir ??= Deno.makeTempDirSync({
      prefix: "cllm-words-",
      ...(this.#spillDir !== undefined && { dir: this.#spillDir }),
    });
    const path = join(this.#dir, `${this.#runs.length}.run`);
    writeRun(path, { table: this.#table, counts: this.#counts });
    this.#runs.push(path);
    this.#table[Symbol.dispose]();
    release(this.#counts);
    this.#table = new WordTable();
    this.#counts = new Float64Array(512);
  }

  /**
   * All words with their counts, for the caller to keep; nothing can be added any more. Where they
   * had to be spilled they come in the order of bytes.
   */
  finish(): Words {
    if (this.#runs.length === 0) {
      const counts = this.#counts.subarray(0, this.#table.size);
      return { ...this.#table.take(), counts, dropped: 0 };
    }
    this.#spill();
    return this.#load(this.#leastCount());
  }

  /** Count below which words are left out, so that what stays can be learned from in the budget. */
  #leastCount(): Kept {
    /** Words and bytes by count; everything above the last count is kept in any case. */
    const words = new Float64Array(1024), bytes = new Float64Array(1024);
    for (const { length, count } of mergeRuns(this.#runs)) {
      const at = Math.min(count, words.length - 1);
      words[at] = words[at] as number + 1;
      bytes[at] = bytes[at] as number + length;
    }
    const kept = { least: words.length, words: 0, bytes: 0, dropped: 0 };
    for (let count = words.length - 1; count > 0; count--) {
      const cost = LEARN_BYTES_A_WORD * (kept.words + (words[count] as number)) +
        LEARN_BYTES_A_BYTE * (kept.bytes + (bytes[count] as number));
      if (kept.words > 0 && cost > this.#memoryBytes) break;
      kept.least = count;
      kept.words += words[count] as number;
      kept.bytes += bytes[count] as number;
    }
    for (let count = 1; count < kept.least; count++) kept.dropped += words[count] as number;
    return kept;
  }

  #load({ least, words, bytes, dropped }: Kept): Words {
    const arena = new Uint8Array(bytes);
    const starts = new Int32Array(words + 1);
    const counts = new Float64Array(words);
    let word = 0;
    for (const { buffer, at, length, count } of mergeRuns(this.#runs)) {
      if (count < least) continue;
      const start = starts[word] as number;
      arena.set(buffer.subarray(at, at + length), start);
      starts[word + 1] = start + length;
      counts[word++] = count;
    }
    return { arena, starts, counts, dropped };
  }

  /** Removes what was spilled. */
  [Symbol.dispose](): void {
    if (this.#dir !== undefined) Deno.removeSync(this.#dir, { recursive: true });
    this.#dir = undefined;
    this.#runs = [];
  }
}

/**
 * Runs of 13 words that a text shares with the questions of an evaluation.
 *
 * Words are compared as GPT-3's authors and EleutherAI's harness do (Brown et al., "Language Models
 * are Few-Shot Learners", 2020, appendix C): in lower case, without punctuation, whatever space is
 * between them. Unlike there, a text goes as a whole, and no run is excused for being common.
 *
 * @module
 */
import { hashGram, hashWords } from "./hashed_words.ts";
import type { Refusal } from "./rule.ts";
import { splitWords } from "./words.ts";

/** Words of a run. */
export const RUN_WORDS = 13;
/** What the second of the two hashes of a word begins with. */
const OTHER_START = 0x9747b28c;
/** Bits of it that go before the 32 of the first, so that a double holds both. */
const OTHER_MASK = 0x1fffff;

const UNSEEN = /[\p{P}\p{S}\p{Cf}]/gu;

/** Runs of words of evaluation items; a run is 53 bits of hash, an item its name. */
export interface EvaluationRuns {
  /** Enters the runs of one text of an item; returns how many it has. */
  add(text: string, item: string): number;
  /** The first item that shares a run with `text`, and the words of the run. */
  find(text: string): { readonly item: string; readonly words: string } | undefined;
  /** Different runs. */
  readonly size: number;
}

/** Words as they are compared. */
function normalise(text: string): string[] {
  return splitWords(text.toLowerCase().replace(UNSEEN, ""));
}

/** The hash of each run, from the first word on; never 0. */
function* runsOf(words: readonly string[]): Generator<number> {
  if (words.length < RUN_WORDS) return;
  const [low, high] = [hashWords(words), hashWords(words, OTHER_START)];
  for (let at = 0; at + RUN_WORDS <= words.length; at++) {
    const place = { at, n: RUN_WORDS };
    yield (hashGram(high, place) & OTHER_MASK) * 2 ** 32 + (hashGram(low, place) >>> 0) || 1;
  }
}

/**
 * Opens an empty set of runs.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openEvaluationRuns } from "./contamination.ts";
 * const runs = openEvaluationRuns();
 * const words = "one two three four five six seven eight nine ten eleven twelve";
 * runs.add(`${words} thirteen`, "numbers, item 1");
 * assertEquals(runs.find(`${words} fourteen`), undefined);
 * assertEquals(runs.find(`Count: ${words.toUpperCase()}, thirteen!`)?.item, "numbers, item 1");
 * ```
 */
export function openEvaluationRuns(): EvaluationRuns {
  const items: string[] = [];
  let table = openTable(1024);
  return {
    get size() {
      return table.size;
    },
    add(text, item) {
      let count = 0;
      for (const run of runsOf(normalise(text))) {
        if (count++ === 0 && items.at(-1) !== item) items.push(item);
        if (2 * table.size >= table.keys.length) table = grown(table);
        table.enter(run, items.length - 1);
      }
      return count;
    },
    find(text) {
      const words = normalise(text);
      let at = 0;
      for (const run of runsOf(words)) {
        const found = table.placeOf(run);
        if (table.keys[found] === run) {
          const item = items[table.values[found] as number] as string;
          return { item, words: words.slice(at, at + RUN_WORDS).join(" ") };
        }
        at++;
      }
      return undefined;
    },
  };
}

/** A hash table with open addressing, twelve bytes a place; half of them stay free. */
function openTable(length: number) {
  const table = {
    keys: new Float64Array(length),
    values: new Uint32Array(length),
    size: 0,
    /** Where a key is, or would be. */
    placeOf(key: number): number {
      let place = (key % 2 ** 32) & (length - 1);
      while (table.keys[place] !== 0 && table.keys[place] !== key) place = (place + 1) % length;
      return place;
    },
    /** Enters a key unless it is there. */
    enter(key: number, value: number): void {
      const place = table.placeOf(key);
      if (table.keys[place] === key) return;
      table.keys[place] = key;
      table.values[place] = value;
      table.size++;
    },
  };
  return table;
}

function grown({ keys, values }: ReturnType<typeof openTable>): ReturnType<typeof openTable> {
  const larger = openTable(2 * keys.length);
  for (const [place, key] of keys.entries()) {
    if (key !== 0) larger.enter(key, values[place] as number);
  }
  return larger;
}

/** Refuses a text that shares a run with an evaluation. */
export function refuseContaminated(text: string, runs: EvaluationRuns): Refusal | undefined {
  const found = runs.find(text);
  if (!found) return undefined;
  const detail = `shares ${RUN_WORDS} words with ${found.item}: ${found.words}`;
  return { reason: "contaminated", detail };
}

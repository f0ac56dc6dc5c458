/**
 * 13-grams that a text shares with the questions of an evaluation.
 *
 * Words are compared as GPT-3's authors and EleutherAI's harness do (Brown et al., "Language Models
 * are Few-Shot Learners", 2020, appendix C): in lower case, without punctuation, whatever space is
 * between them. Unlike there, a text goes as a whole, and no n-gram is excused for being common.
 *
 * @module
 */
import { hashGram, hashWords } from "./hashed_words.ts";
import type { Refusal } from "./rule.ts";
import { splitWords } from "./words.ts";

/** Words of an n-gram. */
const GRAM_WORDS = 13;
/** What the second of the two hashes of a word begins with. */
const OTHER_START = 0x9747b28c;
/** Bits of it that go before the 32 of the first, so that a double holds both. */
const OTHER_MASK = 0x1fffff;

const UNSEEN = /[\p{P}\p{S}\p{Cf}]/gu;

/** The 13-grams of evaluation items: 53 bits of hash each, with the name of their item. */
export interface EvaluationGrams {
  /** Enters the 13-grams of one text of an item; returns how many it has. */
  add(text: string, item: string): number;
  /** The first item that shares a 13-gram with `text`, and its words. */
  find(text: string): { readonly item: string; readonly words: string } | undefined;
  /** Different 13-grams. */
  readonly size: number;
}

/** Words as they are compared. */
function normalise(text: string): string[] {
  return splitWords(text.toLowerCase().replace(UNSEEN, ""));
}

/** The hash of each 13-gram, from the first word on; never 0. */
function* gramsIn(words: readonly string[]): Generator<number> {
  if (words.length < GRAM_WORDS) return;
  const [low, high] = [hashWords(words), hashWords(words, OTHER_START)];
  for (let at = 0; at + GRAM_WORDS <= words.length; at++) {
    const place = { at, n: GRAM_WORDS };
    yield (hashGram(high, place) & OTHER_MASK) * 2 ** 32 + (hashGram(low, place) >>> 0) || 1;
  }
}

/**
 * Opens an empty set of 13-grams.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openEvaluationGrams } from "./contamination.ts";
 * const evaluations = openEvaluationGrams();
 * const words = "one two three four five six seven eight nine ten eleven twelve";
 * evaluations.add(`${words} thirteen`, "numbers, item 1");
 * assertEquals(evaluations.find(`${words} fourteen`), undefined);
 * assertEquals(evaluations.find(`Count: ${words.toUpperCase()}, thirteen!`)?.item, "numbers, item 1");
 * ```
 */
export function openEvaluationGrams(): EvaluationGrams {
  const items: string[] = [];
  let table = openTable(1024);
  return {
    get size() {
      return table.size;
    },
    add(text, item) {
      let count = 0;
      for (const gram of gramsIn(normalise(text))) {
        if (count++ === 0 && items.at(-1) !== item) items.push(item);
        if (2 * table.size >= table.keys.length) table = grown(table);
        table.enter(gram, items.length - 1);
      }
      return count;
    },
    find(text) {
      const words = normalise(text);
      let at = 0;
      for (const gram of gramsIn(words)) {
        const found = table.placeOf(gram);
        if (table.keys[found] === gram) {
          const item = items[table.values[found] as number] as string;
          return { item, words: words.slice(at, at + GRAM_WORDS).join(" ") };
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

/** Refuses a text that shares a 13-gram with an evaluation. */
export function refuseContaminated(
  text: string,
  evaluations: EvaluationGrams,
): Refusal | undefined {
  const found = evaluations.find(text);
  if (!found) return undefined;
  const detail = `shares ${GRAM_WORDS} words with ${found.item}: ${found.words}`;
  return { reason: "contaminated", detail };
}

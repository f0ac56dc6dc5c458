/**
 * What elements are called, as scores: words of classes, ids, roles and item properties are hashed
 * into a table of weights, and an element's score is the sum of theirs.
 *
 * @module
 */
import { KNOWN_TAGS, type Tag } from "./tag.ts";

/** Slots of a table; a power of two. */
export const NAME_SLOTS = 4096;
/** Words of one element that are looked at. */
const MAX_WORDS = 24;

/** The beginnings of the hashes of what a name is, so that the same word counts apart. */
const SEED = { tag: 0x811c9dc5, word: 0x01000193, name: 0x9e3779b9, text: 0x85ebca6b } as const;

const step = (hash: number, code: number) => Math.imul(hash ^ code, 0x01000193);
/** FNV-1a is weak in its low bits for short words: the high ones are mixed in. */
const slotOf = (hash: number) => ((hash >>> 15) ^ hash) & (NAME_SLOTS - 1);
const isLower = (code: number) => code >= 0x61 && code <= 0x7a;
const isUpper = (code: number) => code >= 0x41 && code <= 0x5a;

/** Writes the slots of names and of the words in them; returns how many. */
export function nameSlots(names: string, slots: Uint16Array): number {
  if (names === "") return 0;
  let count = 0;
  let word: number = SEED.word, letters = 0;
  let name: number = SEED.name, size = 0;
  const last = MAX_WORDS - 3, { length } = names;
  for (let at = 0; at <= length && count < last; at++) {
    let code = at < length ? names.charCodeAt(at) : 0x20;
    const start = at;
    while (isLower(code)) {
      word = step(word, code);
      name = step(name, code);
      at++;
      code = at < length ? names.charCodeAt(at) : 0x20;
    }
    letters += at - start;
    size += at - start;
    const isCapital = isUpper(code);
    if (letters > 0 && (!isCapital || at > start)) {
      if (letters > 1) slots[count++] = slotOf(word);
      word = SEED.word;
      letters = 0;
    }
    if (isCapital) {
      word = step(word, code | 0x20);
      letters++;
    }
    if (code <= 0x20) {
      if (size > 1) slots[count++] = slotOf(name);
      name = SEED.name;
      size = 0;
    } else if (code < 0x30 || code > 0x39) {
      name = step(name, code | 0x20);
      size++;
    }
  }
  return count;
}

/** Slots of known tags. */
const TAG_SLOTS: number[] = [];

/** The slot of a tag. */
export function tagSlot({ name, number }: Tag): number {
  const known = TAG_SLOTS[number];
  if (known !== undefined) return known;
  let hash: number = SEED.tag;
  for (let at = 0; at < name.length; at++) hash = step(hash, name.charCodeAt(at));
  const slot = slotOf(hash);
  if (number < KNOWN_TAGS) TAG_SLOTS[number] = slot;
  return slot;
}

/** Longer blocks are prose, and their words say little. */
const MAX_TOLD_TEXT = 80;
const MAX_TOLD_WORDS = 10;

/** Writes the slots of the first words of a short text; returns how many. */
export function wordSlots(text: string, slots: Uint16Array): number {
  if (text.length > MAX_TOLD_TEXT) return 0;
  let count = 0;
  let hash: number = SEED.text, size = 0;
  for (let at = 0; at <= text.length && count < MAX_TOLD_WORDS; at++) {
    const code = at < text.length ? text.charCodeAt(at) : 0;
    const isLetter = isLower(code | 0x20) || code >= 0xc0;
    if (isLetter) {
      hash = step(hash, code < 0x80 ? code | 0x20 : code);
      size++;
    } else if (size > 0) {
      if (size > 1) slots[count++] = slotOf(hash);
      hash = SEED.text;
      size = 0;
    }
  }
  return count;
}

/** Room for the slots of one element, or of one text. */
export const slotsOfOne = (): Uint16Array => new Uint16Array(MAX_WORDS);

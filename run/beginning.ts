/**
 * Makes a prompt from the beginning of a document: a few words of its first prose.
 *
 * @module
 */

/** Most UTF-16 code units of a prompt. */
export const MAX_PROMPT_CHARS = 100;
/** Most words of a prompt; its line must have one more, so that the prompt can be continued. */
const MIN_WORDS = 5, MAX_WORDS = 9;
/** Most beginnings per document, and most words to cut off after a clause. */
const MAX_LINES = 5, MAX_DANGLING = 2;
/** Characters of a document to search for prose, and characters to inspect per line. */
const MAX_LOOK_CHARS = 20_000, MAX_LINE_CHARS = 400;
/** Shortest line that counts as prose without the end of a sentence. */
const MIN_LONG_LINE = 60;
/** Minimum share of letters among non-space characters, maximum share of capitalised words. */
const MIN_LETTERS = 0.75, MAX_CAPITALS = 0.8;

/** Characters unsafe on a terminal and absent from text; joiners are part of words in some scripts. */
export const NOT_A_LINE = /(?![\u200C\u200D])\p{C}|[\p{Zl}\p{Zp}\uFFFD]/u;
const MARKUP = /[|›»•·→←{}<>=\\[\]@_`~^#*$%]|:\/\//u;
const SENTENCE_END = /[.!?…:;。！？：；।؟]['"”’»)\]]*$/u;
const PUNCTUATION = /[.,!?…:;。、，！？：；।؟،]/u;

// One locale for all: segmentation goes by script, and the result must not depend on the machine.
const words = new Intl.Segmenter("en", { granularity: "word" });

/** Options of {@linkcode beginningsOf}. */
export interface BeginningOptions {
  /** A line that does not count as prose. */
  readonly title?: string;
  /** Accepts any line with words, for corpora such as code. Default false. */
  readonly anyText?: boolean;
}

/**
 * The first words of each of the first lines of `text` that read as prose: not titles, numbers,
 * menus, tables or code.
 *
 * @returns lines of at most {@linkcode MAX_PROMPT_CHARS}
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { beginningsOf } from "./beginning.ts";
 * const text = "Home | Docs | About\n\nThe lighthouse stands on a rock, two miles from the shore.";
 * assertEquals(beginningsOf(text), ["The lighthouse stands on a rock, two miles from"]);
 * ```
 */
export function beginningsOf(
  text: string,
  { title = "", anyText = false }: BeginningOptions = {},
): string[] {
  const found: string[] = [];
  for (const whole of text.slice(0, MAX_LOOK_CHARS).split(/\r?\n/)) {
    const line = whole.slice(0, MAX_LINE_CHARS).trim().replace(/\s+/gu, " ");
    if (line === "" || line === title.trim() || NOT_A_LINE.test(line)) continue;
    if (!anyText && !isProse(line)) continue;
    const prompt = firstWords(line, anyText ? 2 : MIN_WORDS);
    if (prompt === undefined || (!anyText && isTitleCase(prompt))) continue;
    found.push(prompt);
    if (found.length === MAX_LINES) break;
  }
  return found;
}

function isProse(line: string): boolean {
  if (!/^["'“‘«¿¡「（(]?\p{L}/u.test(line) || MARKUP.test(line.slice(0, MAX_PROMPT_CHARS))) {
    return false;
  }
  if (!SENTENCE_END.test(line) && (line.length < MIN_LONG_LINE || !PUNCTUATION.test(line))) {
    return false;
  }
  const letters = line.match(/[\p{L}\p{M}]/gu)?.length ?? 0;
  return letters >= MIN_LETTERS * line.replaceAll(" ", "").length;
}

/** Whether nearly every word is capitalised, as in titles and lists of names. */
function isTitleCase(prompt: string): boolean {
  const all = prompt.split(" ");
  return all.filter((word) => /^\P{L}*\p{Lu}/u.test(word)).length > MAX_CAPITALS * all.length;
}

/** Up to {@linkcode MAX_WORDS} of the line's words, never all of them, cut at a clause if one is near. */
function firstWords(line: string, minWords: number): string | undefined {
  const segments = [...words.segment(line)];
  const ends = segments.flatMap(({ index, segment, isWordLike }, i) => {
    // Never cuts at a hyphen or an apostrophe.
    const isJoined = /^[-‐'’./@_&]/u.test(segments[i + 1]?.segment ?? "");
    return isWordLike && !(isJoined && segments[i + 2]?.isWordLike) ? [index + segment.length] : [];
  });
  const fitting = ends.slice(0, -1).slice(0, MAX_WORDS).filter((end) => end <= MAX_PROMPT_CHARS);
  for (let dangling = 1; dangling <= MAX_DANGLING; dangling++) {
    const [before, after] = [fitting.at(-1 - dangling), fitting.at(-dangling)];
    if (before === undefined || after === undefined || fitting.length - dangling < minWords) break;
    if (!/[:;!?。！？]/u.test(line.slice(before, after))) continue;
    fitting.splice(-dangling);
    break;
  }
  const end = fitting.at(-1);
  return end === undefined || fitting.length < minWords ? undefined : line.slice(0, end);
}

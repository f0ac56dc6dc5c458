/**
 * Words that are divided at the ends of lines, made whole: with their hyphen where the text itself
 * shows that it is a compound's.
 *
 * @module
 */

/** Stands behind the hyphen at a line's end, where the word may go on. */
const JOINT = "\0";
/** A hyphen, the one of Unicode, and the one that is seen at a line's end only. */
const DIVIDED = /(?:\p{Ll}[-\u2010]|\p{L}\u00ad)$/u;
const GOES_ON = /^\p{L}/u;
const WORD = /[\p{L}\p{M}\p{N}]+(?:[-\u2010][\p{L}\p{M}\p{N}]+)*/gu;
/** What stands at a joint, before its hyphen and behind it. */
const LEFT = /[\p{L}\p{M}\p{N}\u2010-]*(?=[-\u2010\u00ad]$)/u;
const RIGHT = /^[\p{L}\p{M}]*/u;
/** Characters of a word that are looked at. */
const MAX_WORD_CHARS = 100;

/** Words before which a part of a compound may stand alone, as in "two- and threefold". */
const CONJUNCTIONS = new Set(
  "and or to und oder bis sowie et ou y e o en of och og eller i lub".split(" "),
);
/** Words that are counted; more than any language's text has. */
const MAX_WORDS = 300_000;

/** What stands between a line and the next one. */
export function jointOf(line: string, next: string): string {
  const isDivided = DIVIDED.test(line.slice(-3)) && GOES_ON.test(next) &&
    (line.endsWith("\u00ad") || /^\p{Ll}/u.test(next));
  return isDivided ? JOINT : "\n";
}

/** Learns the words of a document, and joins what was divided. */
export class Hyphens {
  readonly #counts = new Map<string, number>();

  /** Counts the words of a text that are not divided. */
  learn(text: string): void {
    const pieces = text.split(JOINT);
    for (const [at, piece] of pieces.entries()) {
      const from = at === 0 ? 0 : /^\S*/.exec(piece)?.[0].length ?? 0;
      const to = piece.length - (/\S*$/.exec(piece.slice(-MAX_WORD_CHARS))?.[0].length ?? 0);
      const isLast = at === pieces.length - 1;
      for (const [word] of piece.slice(from, isLast ? undefined : to).matchAll(WORD)) {
        const key = keyOf(word);
        const count = this.#counts.get(key);
        if (count !== undefined || this.#counts.size < MAX_WORDS) {
          this.#counts.set(key, (count ?? 0) + 1);
        }
      }
    }
  }

  /** The text with its divided words whole. */
  join(text: string): string {
    const [first = "", ...pieces] = text.split(JOINT);
    const out = [first];
    for (const piece of pieces) {
      const before = out.at(-1) ?? "";
      const left = LEFT.exec(before.slice(-MAX_WORD_CHARS))?.[0] ?? "";
      const right = RIGHT.exec(piece.slice(0, MAX_WORD_CHARS))?.[0] ?? "";
      const hyphen = this.#between(left, { hyphen: before.slice(-1), right });
      out[out.length - 1] = before.slice(0, -1) + hyphen;
      out.push(piece);
    }
    return out.join("");
  }

  /** What becomes of the hyphen between two parts at the end of a line. */
  #between(left: string, { hyphen, right }: { hyphen: string; right: string }): string {
    if (hyphen === "\u00ad") return "";
    const whole = this.#countOf(left + right);
    const compound = this.#countOf(`${left}-${right}`);
    if (compound > whole) return hyphen;
    if (whole > 0) return "";
    if (CONJUNCTIONS.has(right.toLowerCase())) return `${hyphen}\n`;
    return this.#isChain(left, right) ? hyphen : "";
  }

  /** Whether a compound of several words goes on: its last one and the next are words. */
  #isChain(left: string, right: string): boolean {
    const last = /[-\u2010]([^-\u2010]+)$/.exec(left)?.[1];
    return last !== undefined && this.#countOf(last + right) === 0 &&
      this.#countOf(last) > 0 && this.#countOf(right) > 0;
  }

  #countOf(word: string): number {
    return this.#counts.get(keyOf(word)) ?? 0;
  }
}

const keyOf = (word: string) => word.toLowerCase().replaceAll("\u2010", "-");

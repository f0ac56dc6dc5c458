import { textWidth } from "./text_width.ts";

/** Columns that the text beside a label keeps; where it has fewer it goes on from the first. */
const MIN_COLUMNS = 30;
/** Commands that a person copies are one word: a line break within would end them. */
const WORDS = /(?<! )( *)(\S*deno task(?: (?:'[^']*'|"[^"]*"|[^\s'"`;]+))+\S*|\S+)/g;

/**
 * The lines of a line of text in a terminal of `columns`, broken between words. What follows a label
 * and two spaces goes on below itself. A word that no line holds has one of its own, which the
 * terminal breaks; a `deno task` command counts as a word.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { wrapLine } from "./wrap_line.ts";
 * assertEquals(wrapLine("model  some words", 12), ["model  some", "words"]);
 * ```
 */
export function wrapLine(line: string, columns: number): string[] {
  if (textWidth(line) <= columns) return [line];
  const [label = ""] = /^\S+(?: \S+)? {2,}/.exec(line) ?? [];
  const width = textWidth(label);
  const indent = columns - width < MIN_COLUMNS ? "" : " ".repeat(width);
  const lines: string[] = [];
  let current = label;
  for (const [, gap = "", word = ""] of line.slice(label.length).matchAll(WORDS)) {
    const isEmpty = current.trim() === "" || current === label;
    const longer = isEmpty ? current + word : current + gap + word;
    if (isEmpty || textWidth(longer) <= columns) current = longer;
    else {
      lines.push(current);
      current = indent + word;
    }
  }
  return [...lines, current];
}

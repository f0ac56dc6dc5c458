import { textWidth } from "./text_width.ts";

/** Minimum columns beside a label; with fewer, text continues at the first column. */
const MIN_COLUMNS = 30;
/** A command to copy counts as one word: a line break inside would split it. */
const WORDS = /(?<! )( *)(\S*deno task(?: (?:'[^']*'|"[^"]*"|[^\s'"`;]+))+\S*|\S+)/g;

/**
 * Wraps a line of text to `columns`, between words. Text after a label and two spaces is indented
 * below itself. A word longer than a line gets a line of its own, which the terminal breaks; a
 * `deno task` command counts as one word.
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

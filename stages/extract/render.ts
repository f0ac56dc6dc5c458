/**
 * Blocks as plain text or as Markdown.
 *
 * @module
 */
import { type Block, CELL_END } from "./block.ts";

/** How a document's text is written. */
export type TextFormat = "text" | "markdown";

/** The blocks as one text. */
export function render(blocks: readonly Block[], format: TextFormat): string {
  return format === "markdown" ? renderMarkdown(blocks) : renderText(blocks);
}

/** One blank line between blocks; the cells of a row side by side. */
function renderText(blocks: readonly Block[]): string {
  return blocks.map(({ kind, text }) => kind === "row" ? cellsOf(text).join(" ") : text)
    .join("\n\n");
}

/** CommonMark with the tables of GitHub's flavour. */
function renderMarkdown(blocks: readonly Block[]): string {
  let markdown = "";
  for (const [at, block] of blocks.entries()) {
    const before = blocks[at - 1];
    const isSameTable = before?.kind === "row" && block.kind === "row";
    const isSameList = before?.kind === "item" && block.kind === "item";
    if (before !== undefined) markdown += isSameTable || isSameList ? "\n" : "\n\n";
    markdown += renderBlock(block);
    if (block.kind === "row" && !isSameTable) {
      markdown += `\n|${" --- |".repeat(cellsOf(block.text).length)}`;
    }
  }
  return markdown;
}

function renderBlock({ kind, text, level, ordinal }: Block): string {
  switch (kind) {
    case "heading":
      return `${"#".repeat(level)} ${text}`;
    case "item": {
      const mark = `${"    ".repeat(level - 1)}${ordinal === 0 ? "-" : `${ordinal}.`} `;
      return mark + hardBreaks(text).replaceAll(/\n(?=.)/g, `\n${" ".repeat(mark.length)}`);
    }
    case "row":
      return `| ${cellsOf(text).map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
    case "code": {
      const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
      return `${fence}\n${text}\n${fence}`;
    }
    case "paragraph":
      // What would read as a heading, a quote or a list is text here.
      return hardBreaks(
        text.replace(/^(#{1,6} |>|[-+*] )/gm, "\\$1").replace(/^(\d+)([.)] )/gm, "$1\\$2"),
      );
  }
}

/** Marks the line breaks inside a paragraph (CommonMark 6.7). */
function hardBreaks(text: string): string {
  return text.replace(/([^\n])\n(?=[^\n])/g, "$1\\\n");
}

/** A row's cells; the mark stands before each of them. */
function cellsOf(text: string): string[] {
  const cells = text.split(CELL_END).map((cell) => cell.trim());
  return cells[0] === "" ? cells.slice(1) : cells;
}

function longestRun(text: string): number {
  return Math.max(0, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
}

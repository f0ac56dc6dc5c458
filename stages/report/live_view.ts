import { BOTTLENECK_MARK, renderBlock } from "./block.ts";
import type { Terminal } from "./terminal.ts";
import { textWidth } from "./text_width.ts";
import type { ReadProgress, View } from "./view.ts";
import { wrapLine } from "./wrap_line.ts";

/** Most notes printed per redraw; further ones are only counted. */
const MAX_NOTES = 8;

const BOLD = "\x1b[1m";
const YELLOW = "\x1b[33m";
const RESET = "\x1b[0m";
/** Moving up keeps the column, and the terminal echoes typed characters, such as `^C`. */
const LINE_START = "\r";
const CLEAR_LINE_END = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/**
 * One block at the bottom of the terminal, redrawn in place at each tick when it has changed; notes
 * scroll away above it. The cursor stays below the block and is never hidden, so that a crash
 * leaves the terminal usable.
 */
export function liveView(
  progress: ReadProgress,
  { terminal, color }: { terminal: Terminal; color: boolean },
): View {
  let drawn: string[] = [];
  let drawnColumns = 0;
  let notes: string[] = [];

  const draw = () => {
    const { columns, rows } = terminal.size();
    // A character in the last column would make the terminal wrap.
    const block = fitRows(renderBlock(progress(), columns - 1), rows - 1);
    const changed = columns !== drawnColumns || block.join("\n") !== drawn.join("\n");
    if (!changed && notes.length === 0) return;
    const lines = [...takeNotes(columns), ...block.map((line, i) => color ? paint(line, i) : line)];
    terminal.write(
      LINE_START + moveUp(rowsOf(drawn, columns)) +
        lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join("") + CLEAR_BELOW,
    );
    drawn = block;
    drawnColumns = columns;
  };
  const takeNotes = (columns: number) => {
    const shown = notes.slice(0, MAX_NOTES).flatMap((line) => wrapLine(line, columns - 1));
    if (notes.length > MAX_NOTES) shown.push(`… and ${notes.length - MAX_NOTES} more`);
    notes = [];
    return shown;
  };

  return {
    phase: draw,
    step() {},
    note: (line) => void notes.push(line),
    tick: draw,
    close: draw,
  };
}

function paint(line: string, index: number): string {
  if (index === 0) return BOLD + line + RESET;
  return line.includes(BOTTLENECK_MARK) ? YELLOW + line + RESET : line;
}

/** The headline and the last lines, because a block taller than the screen would scroll it. */
function fitRows(block: readonly string[], rows: number): string[] {
  if (block.length <= rows) return [...block];
  return [...block.slice(0, 1), ...block.slice(block.length - Math.max(0, rows - 1))];
}

function moveUp(rows: number): string {
  return rows > 0 ? `\x1b[${rows}A` : "";
}

/** Rows that earlier lines occupy now: a narrower terminal has wrapped them. */
function rowsOf(lines: readonly string[], columns: number): number {
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(textWidth(line) / columns)), 0);
}

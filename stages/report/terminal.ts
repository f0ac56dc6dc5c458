import { shown } from "./silence.ts";
import { wrapLine } from "./wrap_line.ts";

/** Output of the status: a terminal, or another text sink. */
export interface Terminal {
  /** Whether the cursor can be moved, so that one block can be redrawn in place. */
  readonly isTerminal: boolean;
  /** Size in characters, read before every redraw since it may change. */
  size(): { readonly columns: number; readonly rows: number };
  /** Writes all of `text` before it returns. */
  write(text: string): void;
}

/** Default size of a terminal: the VT100's. */
const USUAL_SIZE = { columns: 80, rows: 24 };

/** The terminal, file or pipe behind one of the process's output streams. */
export function processTerminal(stream: typeof Deno.stdout | typeof Deno.stderr): Terminal {
  const encoder = new TextEncoder();
  return {
    isTerminal: stream.isTerminal(),
    size() {
      const { columns, rows } = Deno.consoleSize();
      return { columns: columns || USUAL_SIZE.columns, rows: rows || USUAL_SIZE.rows };
    },
    write(text) {
      shown();
      let bytes = encoder.encode(text);
      while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
    },
  };
}

/** Lines of text, wrapped between words for a terminal and unwrapped otherwise. */
export function wrapped(text: string, terminal = processTerminal(Deno.stdout)): string {
  if (!terminal.isTerminal) return text;
  const { columns } = terminal.size();
  return text.split("\n").flatMap((line) => wrapLine(line, columns - 1)).join("\n");
}

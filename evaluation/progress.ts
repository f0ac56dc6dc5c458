/**
 * Progress of an evaluation on a terminal.
 *
 * @module
 */
import { processTerminal } from "../stages/report/mod.ts";
import type { EvaluationTexts } from "./texts.ts";

/** A line that is overwritten in place, and removed at the end. */
export interface ProgressLine extends Disposable {
  show(line: string): void;
  clear(): void;
}

/** Shows nothing where standard error is not a terminal. */
export function progressLine(terminal = processTerminal(Deno.stderr)): ProgressLine {
  const clear = () => {
    if (terminal.isTerminal) terminal.write("\r\x1b[K");
  };
  return {
    show(line) {
      if (!terminal.isTerminal) return;
      const { columns } = terminal.size();
      terminal.write(`\r${line.slice(0, columns - 1)}\x1b[K`);
    },
    clear,
    [Symbol.dispose]: clear,
  };
}

/** How much of the texts is scored. */
export function describeProgress(
  { tokens, place }: { tokens: number; place: number },
  { size }: Pick<EvaluationTexts, "size">,
): string {
  const share = "tokens" in size ? tokens / size.tokens : (place + 1) / size.documents;
  return `scored ${tokens.toLocaleString("en")} tokens, ${Math.floor(100 * share)} %`;
}

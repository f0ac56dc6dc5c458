/**
 * Progress of an evaluation on a terminal.
 *
 * @module
 */
import { processTerminal } from "../stages/report/mod.ts";
import type { EvaluationTexts } from "./texts.ts";

/** A line that is overwritten in place, and removed at the end. */
export interface EvaluationProgress extends Disposable {
  update(done: { tokens: number; place: number }): void;
  clear(): void;
}

/** Shows the share done; shows nothing where standard error is not a terminal. */
export function showProgress(
  checkpoint: string,
  { size }: EvaluationTexts,
  terminal = processTerminal(Deno.stderr),
): EvaluationProgress {
  const clear = () => {
    if (terminal.isTerminal) terminal.write("\r\x1b[K");
  };
  return {
    update({ tokens, place }) {
      if (!terminal.isTerminal) return;
      const share = "tokens" in size ? tokens / size.tokens : (place + 1) / size.documents;
      const line = `scored ${tokens.toLocaleString("en")} tokens, ${Math.floor(100 * share)} %  ` +
        checkpoint;
      const { columns } = terminal.size();
      terminal.write(`\r${line.slice(0, columns - 1)}\x1b[K`);
    },
    clear,
    [Symbol.dispose]: clear,
  };
}

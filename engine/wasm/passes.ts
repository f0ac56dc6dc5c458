/**
 * Cuts a step into passes: which rows of which sequence go through the model together.
 *
 * @module
 */
import type { WasmSequence } from "./sequence.ts";

/** Some consecutive tokens of one sequence. */
export interface PassSegment {
  readonly sequence: WasmSequence;
  /** Place of the sequence in the step. */
  readonly index: number;
  /** First token, and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Whether the logits after its last token are wanted. */
  readonly output: boolean;
}

/** What a pass, and a step, may hold. */
export interface PassLimits {
  readonly maxRows: number;
  readonly maxOutputs: number;
  /** Prompt tokens of a step. */
  readonly promptTokens: number;
}

/**
 * The passes of a step that brings `sequences` forward: one token of those that are past their
 * prompt, and of the others as much as `promptTokens` allows, in the order given.
 */
export function planPasses(
  sequences: readonly WasmSequence[],
  { maxRows, maxOutputs, promptTokens }: PassLimits,
): PassSegment[][] {
  const passes: PassSegment[][] = [];
  let rowsLeft = 0, outputsLeft = 0, promptLeft = promptTokens;
  for (const [index, sequence] of sequences.entries()) {
    const end = sequence.ids.length;
    let from = sequence.cached;
    const isPrompt = end - from > 1;
    const until = isPrompt ? Math.min(end, from + promptLeft) : end;
    if (isPrompt) promptLeft -= until - from;
    while (from < until) {
      if (rowsLeft === 0 || outputsLeft === 0) {
        passes.push([]);
        [rowsLeft, outputsLeft] = [maxRows, maxOutputs];
      }
      const to = Math.min(until, from + rowsLeft);
      const output = to === end;
      passes.at(-1)?.push({ sequence, index, from, to, output });
      rowsLeft -= to - from;
      outputsLeft -= Number(output);
      from = to;
    }
  }
  return passes;
}

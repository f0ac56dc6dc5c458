/**
 * Cuts a step into passes: which rows of which sequence go through the model together.
 *
 * @module
 */
import { Word } from "./control_words.ts";
import { type Plan, Segment } from "./plan.ts";
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
      const output = to === end && !sequence.states;
      passes.at(-1)?.push({ sequence, index, from, to, output });
      rowsLeft -= to - from;
      outputsLeft -= Number(output);
      from = to;
    }
  }
  return passes;
}

/** Copies what the pass is about into the engine's memory. */
export function placePass(
  segments: readonly PassSegment[],
  { plan, ints, words }: { plan: Plan; ints: Int32Array; words: Int32Array },
): void {
  const { ids, positions, tables, outputRows, pagesPerSequence } = plan;
  words.fill(0, Word.phases);
  let row = 0, outputs = 0;
  for (const [s, { sequence, from, to, output }] of segments.entries()) {
    const at = plan.segments / 4 + s * Segment.width;
    ints[at + Segment.row] = row;
    ints[at + Segment.rows] = to - from;
    ints[at + Segment.position] = from;
    ints[at + Segment.adapter] = sequence.adapter;
    ints.set(sequence.lease.pages, tables / 4 + s * pagesPerSequence);
    for (let position = from; position < to; position++, row++) {
      ints[ids / 4 + row] = sequence.ids[position] as number;
      ints[positions / 4 + row] = position;
    }
    if (output) ints[outputRows / 4 + outputs++] = row - 1;
  }
  Atomics.store(words, Word.rows, row);
  Atomics.store(words, Word.segments, segments.length);
  Atomics.store(words, Word.outputs, outputs);
}

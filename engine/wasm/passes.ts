/**
 * Cuts a step into passes: which rows of which sequence go through the model together.
 *
 * @module
 */
import { Word } from "./control_words.ts";
import { MAX_DRAFT, type Plan, Segment } from "./plan.ts";
import type { WasmSequence } from "./sequence.ts";

/** Some consecutive tokens of one sequence. */
export interface PassSegment {
  readonly sequence: WasmSequence;
  /** Place of the sequence in the step. */
  readonly index: number;
  /** First token, and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Of its last tokens, those whose logits are wanted. */
  readonly outputs: number;
  /** The last of its tokens, where they are a guess. */
  readonly draft: readonly number[];
}

/** What a pass, and a step, may hold. */
export interface PassLimits {
  readonly maxRows: number;
  readonly maxOutputs: number;
  /** Prompt tokens of a step. */
  readonly promptTokens: number;
  /** What may follow each sequence. */
  readonly drafts?: readonly (readonly number[])[] | undefined;
}

/**
 * The passes of a step that brings `sequences` forward: one token of those that are past their
 * prompt and its draft, and of the others as much as `promptTokens` allows, in the order given.
 */
export function planPasses(
  sequences: readonly WasmSequence[],
  { maxRows, maxOutputs, promptTokens, drafts = [] }: PassLimits,
): PassSegment[][] {
  const passes: PassSegment[][] = [];
  let rowsLeft = 0, outputsLeft = 0, promptLeft = promptTokens;
  for (const [index, sequence] of sequences.entries()) {
    const end = sequence.ids.length;
    let from = sequence.cached;
    const isPrompt = end - from > 1;
    const until = isPrompt ? Math.min(end, from + promptLeft) : end;
    if (isPrompt) promptLeft -= until - from;
    const draft = isPrompt
      ? []
      : (drafts[index] ?? []).slice(0, Math.min(MAX_DRAFT, sequence.room - end));
    while (from < until) {
      if (rowsLeft <= draft.length || outputsLeft <= draft.length) {
        passes.push([]);
        [rowsLeft, outputsLeft] = [maxRows, maxOutputs];
      }
      const to = Math.min(until + draft.length, from + rowsLeft);
      const outputs = to >= end && !sequence.states ? 1 + draft.length : 0;
      passes.at(-1)?.push({ sequence, index, from, to, outputs, draft });
      rowsLeft -= to - from;
      outputsLeft -= outputs;
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
  for (const [s, { sequence, from, to, outputs: wanted, draft }] of segments.entries()) {
    const at = plan.segments / 4 + s * Segment.width;
    ints[at + Segment.row] = row;
    ints[at + Segment.rows] = to - from;
    ints[at + Segment.position] = from;
    ints[at + Segment.adapter] = sequence.adapter;
    ints.set(sequence.lease.pages, tables / 4 + s * pagesPerSequence);
    for (let position = from; position < to; position++, row++) {
      const id = sequence.ids[position] ?? draft[position - sequence.ids.length];
      ints[ids / 4 + row] = id as number;
      ints[positions / 4 + row] = position;
    }
    for (let at = row - wanted; at < row; at++) ints[outputRows / 4 + outputs++] = at;
  }
  Atomics.store(words, Word.rows, row);
  Atomics.store(words, Word.segments, segments.length);
  Atomics.store(words, Word.outputs, outputs);
}

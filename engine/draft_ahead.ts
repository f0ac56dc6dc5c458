/**
 * Speculative decoding: tokens that a text will likely go on with are read together with its last one,
 * and their logits used as far as the guess was right (Leviathan et al., arXiv:2211.17192). Whoever
 * chooses tokens sees the logits that each step would have given, in the same order: how it chooses,
 * and so the text, stays the same.
 *
 * @module
 */
import type { Slot } from "./admission.ts";
import { PromptLookup } from "./prompt_lookup.ts";

/** What {@linkcode draftAhead} needs to know. */
export interface DraftOptions {
  /** What the text begins with. */
  readonly promptIds: ArrayLike<number>;
  /** Tokens that may be chosen. */
  readonly limit: number;
  /** Logits of a token. */
  readonly vocabSize: number;
  /** Told about each draft that a step has read, once it is known how far it was right. */
  readonly onDraft: (draft: { read: number; accepted: number }) => void;
}

/** Logits `[V]` of the next token, after the one that was chosen last. */
export type NextLogits = (chosen: number | undefined) => Promise<Float32Array>;

/** {@linkcode Slot.next}, with drafts where `slot` takes some. */
export function draftAhead(
  slot: Slot,
  { promptIds, limit, vocabSize, onDraft }: DraftOptions,
): NextLogits {
  if (slot.maxDraft === 0) return (chosen) => slot.next(chosen);
  const lookup = new PromptLookup();
  for (const id of Array.from(promptIds)) lookup.push(id);
  /** Chosen since the last step. */
  let chosenIds: number[] = [];
  /** What the last step has read, and the logits after each token of it. */
  let draft: readonly number[] = [], rows: readonly Float32Array[] = [];
  let isFirst = true, left = limit;
  return async (chosen) => {
    left--;
    if (chosen !== undefined) {
      // The prompt's own last token is known.
      if (!isFirst) lookup.push(chosen);
      chosenIds.push(chosen);
    }
    const known = rows[chosenIds.length - 1];
    if (known && draft[chosenIds.length - 1] === chosen) {
      slot.throwIfEnded();
      return known;
    }
    if (draft.length > 0) {
      const accepted = chosenIds.length - 1;
      const judged = { read: draft.length, accepted };
      lookup.judge(judged);
      onDraft(judged);
    }
    // The last of what may be chosen needs no logits after it.
    const guess = isFirst ? [] : lookup.draft(Math.min(slot.maxDraft, left));
    isFirst = false;
    const ids = chosenIds;
    chosenIds = [];
    [draft, rows] = [[], []];
    const logits = await slot.next(ids, guess);
    const read = logits.length / vocabSize - 1;
    if (read === 0) return logits;
    draft = guess.slice(0, read);
    // The next step, of whomever, writes over them.
    const own = logits.slice();
    rows = draft.map((_, i) => own.subarray((i + 1) * vocabSize, (i + 2) * vocabSize));
    return own.subarray(0, vocabSize);
  };
}

/**
 * One question of a task, whatever form it came in.
 *
 * @module
 */

/** Continuations of a text, one of them right; the likeliest is the model's answer. */
export interface ChoiceItem {
  readonly kind: "choice";
  readonly context: string;
  /** As they stand after the context, with the space between. */
  readonly continuations: readonly string[];
  /** Characters of each choice, which its likelihood is divided by for `acc_norm`. */
  readonly lengths: readonly number[];
  /** 0-based. */
  readonly gold: number;
}

/** A text and how it goes on; right where each of its tokens is the likeliest. */
export interface ClozeItem {
  readonly kind: "cloze";
  readonly context: string;
  readonly continuation: string;
}

/** A question to be answered in so many words. */
export interface ExactItem {
  readonly kind: "exact";
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly answer: string;
}

/** A question. */
export type TaskItem = ChoiceItem | ClozeItem | ExactItem;

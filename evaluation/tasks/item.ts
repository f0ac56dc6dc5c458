/**
 * One question of a task, whatever form it came in.
 *
 * @module
 */

/** Continuations of a text, one of them right; the likeliest is the model's answer. */
export interface ChoiceItem {
  readonly kind: "choice";
  /** Stands before the examples, or where there are none before the context. */
  readonly description?: string;
  readonly context: string;
  /** As they stand after the context, with the space between. */
  readonly continuations: readonly string[];
  /** Characters (code points) of each choice, which its likelihood is divided by for `acc_norm`. */
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

/** How CORE asks: which end of a text, which text before the same end, or how a text goes on. */
export const CORE_FORMS = ["multiple_choice", "schema", "language_modeling"] as const;

/** A question of CORE (DCLM, arXiv:2406.11794), with its examples in front. */
export interface CoreItem {
  readonly kind: "core";
  readonly form: typeof CORE_FORMS[number];
  /** One for each choice; for `language_modeling` the text without its end, and whole. */
  readonly texts: readonly string[];
  /** 0-based; the whole text's place for `language_modeling`. */
  readonly gold: number;
}

/** A question. */
export type TaskItem = ChoiceItem | ClozeItem | ExactItem | CoreItem;

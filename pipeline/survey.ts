/**
 * Measures how much text a run has to train on, and whether it suffices for one step.
 *
 * @module
 */
import type { Journal } from "../stages/journal/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { UsageError } from "../cli/flags.ts";
import { HOLD_OUT, type HoldOutRule, splitter } from "../run/hold_out.ts";

/** UTF-16 code units that are tokenized to count; the rest is extrapolated. */
const MAX_CHARS = 2 * 2 ** 20;

/** The train split of the corpus. */
export interface CorpusSurvey {
  readonly documents: number;
  readonly tokens: number;
  /** Whether every document was counted. */
  readonly exact: boolean;
  /** Whether the corpus is complete. */
  readonly complete: boolean;
}

/** A corpus with less text than one step trains on. */
export class TooLittleText extends UsageError {}

/** Options of {@linkcode surveyCorpus}. */
export interface SurveyOptions {
  readonly journal: Journal;
  readonly rule: HoldOutRule;
  readonly tokenizer: Tokenizer;
  /** Tokens of a step, B T. */
  readonly stepTokens: number;
  /** Advice that makes a step smaller, for the message. */
  readonly dials: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Counts the tokens to train on, once there are enough for one step.
 *
 * @throws {TooLittleText} when the whole corpus has fewer tokens than one step trains on: every step
 * would be over all of it, which teaches nothing but the text itself
 */
export async function surveyCorpus(options: SurveyOptions): Promise<CorpusSurvey> {
  const { journal, rule, tokenizer, stepTokens, dials, signal } = options;
  const splitOf = splitter(rule);
  let [chars, bytes, index, documents, tokens] = [0, 0, 0, 0, 0];
  // Waits for documents until a step is full, then counts only what is stored.
  const follow = { follow: true, signal };
  for await (const document of journal.documents(follow)) {
    const { text } = document;
    chars += text.length;
    bytes += new TextEncoder().encode(text).length;
    if (splitOf(index++, document) === "train") {
      documents++;
      tokens += tokenizer.encodeDocument(text).length;
    }
    if (tokens - documents >= stepTokens && (chars >= MAX_CHARS || index >= journal.count)) break;
  }
  const scored = tokens - documents;
  if (scored < stepTokens) {
    const smaller = dials.length === 0 ? "" : `, or in another --run folder ${dials.join(" or ")}`;
    throw new TooLittleText(
      `Cannot train: the corpus has ${scored.toLocaleString("en")} tokens to train on and one ` +
        `step takes ${
          stepTokens.toLocaleString("en")
        }: the model could only learn them by heart; ` +
        `add text and give the same command again${smaller}`,
    );
  }
  const stored = journal.count;
  const exact = index >= stored;
  return {
    documents: rule === "each-tenth"
      ? stored - Math.floor(stored / HOLD_OUT)
      : Math.round(documents * stored / index),
    tokens: exact ? tokens : Math.round(tokens * journal.bytes / bytes),
    exact,
    complete: journal.sealed,
  };
}

/**
 * Describes a run's validation set in one line.
 *
 * @module
 */
import { HOLD_OUT, type HoldOutRule } from "../run/hold_out.ts";
import type { ValidationSet } from "./validation_set.ts";

/** Most sources to name; the rest are counted. */
const MAX_SOURCES = 8;

/** Printed before the first step, so that a run without validation is no surprise. */
export function describeValidationSet(
  { documents, tokens, corpus, perSource }: ValidationSet,
  { rule }: { rule: HoldOutRule | "split" },
): string {
  if (tokens === 0) {
    return `No validation: ${reasonOf(corpus, rule)}. The loss in training says \
little of text that the model has not seen.`;
  }
  const sources = [...perSource].map(([source, { documents }]) => `${source} ${documents}`);
  const more = sources.length - MAX_SOURCES;
  const named = sources.slice(0, MAX_SOURCES).join(", ") + (more > 0 ? ` and ${more} more` : "");
  return `Validation: ${tokens.toLocaleString("en")} tokens out of ${count(documents)}` +
    (sources.length > 1 ? `: ${named}` : "");
}

function reasonOf(corpus: number, rule: HoldOutRule | "split"): string {
  if (rule === "split") return "the tokens have no validation split";
  const of = corpus === 1
    ? "the corpus's only document is not"
    : `none of the corpus's ${corpus} documents is`;
  const none = `${of} held out`;
  return rule === "each-tenth"
    ? corpus < HOLD_OUT ? `${none}, which takes ${HOLD_OUT}` : `${none} with text to score`
    : `${none} by its hash; with ${HOLD_OUT} or more, --hold-out each-tenth holds out some`;
}

function count(documents: number): string {
  return documents === 1 ? "1 held-out document" : `${documents} held-out documents`;
}

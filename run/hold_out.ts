/**
 * Assigns documents to the train or the validation split.
 *
 * @module
 */
import type { Document, Split } from "../stages/types.ts";

/** One in this many documents is held out. */
export const HOLD_OUT = 10;
/**
 * Which documents are held out: `each-tenth` of the journal, or, `by-hash`, those with certain ids:
 * about a tenth, independent of the rest of the corpus and its order.
 *
 * Of a source with ten consecutive documents, `each-tenth` always holds out one, `by-hash` only with a
 * probability of 1 - 0.9 ** 10 = 65 %. Hence `each-tenth` is the default.
 */
export const HOLD_OUT_RULES = ["each-tenth", "by-hash"] as const;
/** One of {@linkcode HOLD_OUT_RULES}. */
export type HoldOutRule = typeof HOLD_OUT_RULES[number];

/** Returns the function that assigns a document to a split; `index` is its place in the journal. */
export function splitter(
  rule: HoldOutRule,
): (index: number, document: Pick<Document, "id">) => Split {
  const place = rule === "each-tenth"
    ? (index: number) => index
    : (_index: number, { id }: Pick<Document, "id">) => Number.parseInt(id.slice(0, 12), 16);
  return (index, document) =>
    place(index, document) % HOLD_OUT === HOLD_OUT - 1 ? "validation" : "train";
}

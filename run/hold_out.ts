/**
 * Which part of the corpus a document belongs to.
 *
 * @module
 */
import type { Document, Split } from "../stages/types.ts";

/** One document in so many is held out. */
export const HOLD_OUT = 10;
/**
 * Which documents are held out: `each-tenth` of the journal, or, `by-hash`, those whose id says so:
 * about a tenth, the same ones whatever else a corpus holds and in whatever order it comes.
 *
 * A source whose ten documents come one after the other has one among each tenth for certain, and
 * by their hashes with a probability of 1 - 0.9 ** 10 = 65 %. Hence each tenth unless asked.
 */
export const HOLD_OUT_RULES = ["each-tenth", "by-hash"] as const;
/** One of {@linkcode HOLD_OUT_RULES}. */
export type HoldOutRule = typeof HOLD_OUT_RULES[number];

/** Says which part of the corpus a document belongs to; `index` is its place in the journal. */
export function splitter(
  rule: HoldOutRule,
): (index: number, document: Pick<Document, "id">) => Split {
  const place = rule === "each-tenth"
    ? (index: number) => index
    : (_index: number, { id }: Pick<Document, "id">) => Number.parseInt(id.slice(0, 12), 16);
  return (index, document) =>
    place(index, document) % HOLD_OUT === HOLD_OUT - 1 ? "validation" : "train";
}

/**
 * Sizes of a run's corpus and model, for those who watch it.
 *
 * @module
 */
import type { RunFacts } from "../stages/report/mod.ts";

/** What the facts are read from; a part that does not exist yet is undefined. */
export interface RunFactsParts {
  readonly journal: { readonly count: number; readonly bytes: number; readonly sealed: boolean };
  readonly store?:
    | { readonly documents: number; tokens(split: "train" | "validation"): number }
    | undefined;
  readonly parameters?: number | undefined;
  /** Tokens trained on since the first step. */
  readonly totalTokens?: number | undefined;
}

/**
 * The facts now. While documents wait to become tokens, the passes count on them having as many
 * tokens a document as those before.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { runFacts } from "./run_facts.ts";
 * const journal = { count: 10, bytes: 4000, sealed: true };
 * const store = { documents: 5, tokens: () => 500 };
 * assertEquals(runFacts({ journal, store, totalTokens: 2000 }).passes, 2);
 * ```
 */
export function runFacts(
  { journal, store, parameters, totalTokens }: RunFactsParts,
): RunFacts {
  const tokenizedDocuments = store?.documents ?? 0;
  const trainTokens = store?.tokens("train") ?? 0;
  const passes = totalTokens === undefined || trainTokens === 0
    ? undefined
    : totalTokens / (trainTokens * Math.max(1, journal.count / tokenizedDocuments));
  return {
    ...(parameters !== undefined && { parameters }),
    corpus: {
      ...{ documents: journal.count, textBytes: journal.bytes, isWhole: journal.sealed },
      ...{ tokenizedDocuments, trainTokens },
      tokens: trainTokens + (store?.tokens("validation") ?? 0),
    },
    ...(passes !== undefined && { passes }),
  };
}

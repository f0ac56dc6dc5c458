/**
 * Sizes of a run's corpus and model, for status.json.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import { createLayout } from "../model/layout.ts";
import type { RunFacts } from "../stages/report/mod.ts";

/** Sources of the facts, each present as soon as it exists. */
export interface FactSources {
  readonly journal: { readonly count: number; readonly bytes: number; readonly sealed: boolean };
  readonly store?: {
    readonly documents: number;
    tokens(split: "train" | "validation"): number;
  };
  readonly config?: ModelConfig;
  readonly state?: { readonly totalTokens: number };
}

/** Facts of a run, collected while it starts. */
export interface CollectedFacts {
  /** Adds sources, which each `now` reads. */
  know(more: Partial<FactSources>): void;
  readonly now: () => RunFacts;
}

/**
 * The facts of a run over `journal`. Documents that are not tokenized yet count towards the passes
 * with the mean tokens per document so far.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { collectFacts } from "./facts.ts";
 * const facts = collectFacts({ count: 10, bytes: 4000, sealed: true });
 * facts.know({ store: { documents: 5, tokens: () => 500 }, state: { totalTokens: 2000 } });
 * assertEquals(facts.now().passes, 2);
 * ```
 */
export function collectFacts(journal: FactSources["journal"]): CollectedFacts {
  let known: FactSources = { journal };
  return {
    know: (more) => void (known = { ...known, ...more }),
    now: () => factsOf(known),
  };
}

function factsOf({ journal, store, config, state }: FactSources): RunFacts {
  const tokenizedDocuments = store?.documents ?? 0;
  const trainTokens = store?.tokens("train") ?? 0;
  const waiting = Math.max(1, journal.count / tokenizedDocuments);
  return {
    ...(config && { parameters: createLayout(config).count, vocabulary: config.vocab_size }),
    corpus: {
      documents: journal.count,
      textBytes: journal.bytes,
      isWhole: journal.sealed,
      tokenizedDocuments,
      trainTokens,
      tokens: trainTokens + (store?.tokens("validation") ?? 0),
    },
    ...(state && trainTokens > 0 && { passes: state.totalTokens / (trainTokens * waiting) }),
  };
}

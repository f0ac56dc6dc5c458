import { assertAlmostEquals, assertEquals } from "@std/assert";
import { passesMade } from "../../run/passes_made.ts";

/** A store of 54 documents to train on, each of 701 tokens. */
const STORE = {
  count: () => 54,
  tokensBefore: (_split: string, documents: number) => Promise.resolve(701 * documents),
};

Deno.test("passes are counted over the documents that the latest pass goes over", async () => {
  const state = { place: 3, offset: 0, window: 0, row: 0, shape: {} };
  const passes = [{ epoch: 0, documents: 4 }, { epoch: 1, documents: 8 }, {
    epoch: 2,
    documents: 20,
  }];
  const cursor = { epoch: 3, batch: 30, state: { ...state, passes } };
  const part = await passesMade({ cursor, totalTokens: 28_000 }, STORE);
  // Twenty documents have 14,000 targets: their first tokens are nobody's.
  assertEquals(part, { passes: 2, documents: 20 });
  const stored = await passesMade({ cursor: { ...cursor, state }, totalTokens: 28_000 }, STORE);
  assertEquals(stored.documents, 54);
  assertAlmostEquals(stored.passes, 28_000 / 37_800);
});

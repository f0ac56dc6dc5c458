import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { scoreToken } from "../../../engine/sampling/logprobs.ts";
import { logits, total } from "./sampling.ts";

Deno.test("log-probabilities are those of the definition", () => {
  fc.assert(fc.property(logits, fc.nat(), fc.integer({ min: 0, max: 20 }), (values, n, count) => {
    const id = n % values.length;
    const weights = [...values].map((value) => Math.exp(value));
    const { logprob, top } = scoreToken(values, { id, top: count });
    assertAlmostEquals(logprob, Math.log((weights[id] ?? NaN) / total(weights)), 1e-9);
    const ranked = [...values.keys()].sort((a, b) =>
      (values[b] ?? NaN) - (values[a] ?? NaN) || a - b
    );
    assertEquals(top.map((token) => token.id), ranked.slice(0, count));
    for (const token of top) {
      assertEquals(token.logprob, scoreToken(values, { id: token.id, top: 0 }).logprob);
    }
  }));
});

Deno.test("huge logits neither overflow nor vanish", () => {
  const { logprob, top } = scoreToken(Float32Array.of(3e38, -3e38, 3e38), { id: 0, top: 3 });
  assertAlmostEquals(logprob, -Math.LN2, 1e-12);
  assertEquals(top.map(({ id }) => id), [0, 2, 1]);
});

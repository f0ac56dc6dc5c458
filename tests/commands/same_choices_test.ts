import { assertEquals, assertThrows } from "@std/assert";
import { sameChoices, type Seen } from "./same_choices.ts";

const OURS: Seen = { logits: [[0, 3, 1], [2, 2.125, -1]], choices: [1, 1] };
const AGAINST = { bound: 0.25, name: "text" };

Deno.test("a choice may differ where two logits are nearer than twice the bound", () => {
  const theirs = { logits: [[0, 3.25, 1], [2.125, 2, -1]], choices: [1, 0] };
  assertEquals(sameChoices(theirs, OURS, AGAINST), {
    decided: 1,
    ties: [{ place: 1, margin: 0.125 }],
    largest: 0.25,
  });
});

Deno.test("a choice may not differ where two logits are as far apart as twice the bound", () => {
  assertThrows(
    () => sameChoices({ ...OURS, choices: [1, 0] }, OURS, { ...AGAINST, bound: 0.0625 }),
    Error,
    "text, place 1: choice, by a margin of 0.125",
  );
});

Deno.test("a logit may not be farther off than the bound, be missing or be none", () => {
  for (const wrong of [1.5, NaN]) {
    assertThrows(
      () => sameChoices({ ...OURS, logits: [[0, 3, wrong], [2, 2.125, -1]] }, OURS, AGAINST),
      Error,
      `text, place 0 of 2, logit 2 of 3: ${wrong}, not 1; at most 0.25 apart`,
    );
  }
  for (const logits of [[[0, 3, 1]], [[0, 3, 1], [2, 2.125]]]) {
    assertThrows(() => sameChoices({ ...OURS, logits }, OURS, AGAINST), Error, "text");
  }
});

import { assertEquals } from "@std/assert";
import { PromptLookup } from "../../engine/prompt_lookup.ts";

function lookupOf(ids: readonly number[]): PromptLookup {
  const lookup = new PromptLookup();
  for (const id of ids) lookup.push(id);
  return lookup;
}

Deno.test("a text is guessed to go on as it did after its longest known end, last time", () => {
  assertEquals(lookupOf([1, 2, 3, 4, 9, 1, 2, 3, 5, 9, 1, 2, 3]).draft(2), [5, 9]);
  // Three agree with the first place, two alone with the second.
  assertEquals(lookupOf([1, 2, 3, 4, 9, 8, 2, 3, 5, 9, 1, 2, 3]).draft(2), [4, 9]);
});

Deno.test("a loop is guessed to go on past what is known of it", () => {
  assertEquals(lookupOf([1, 2, 3, 1, 2, 3]).draft(7), [1, 2, 3, 1, 2, 3, 1]);
  assertEquals(lookupOf([7, 7, 7]).draft(3), [7, 7, 7]);
});

Deno.test("nothing is guessed of a text that never repeats itself", () => {
  for (const ids of [[], [1], [1, 2], [1, 2, 3, 4, 5]]) assertEquals(lookupOf(ids).draft(5), []);
  assertEquals(lookupOf([1, 2, 3, 1, 2, 3]).draft(0), []);
});

Deno.test("wrong guesses pause guessing, for longer each time; right ones end that", () => {
  const lookup = lookupOf([7, 7, 7]);
  const pause = () => {
    let tokens = 0;
    for (; lookup.draft(1).length === 0; tokens++) lookup.push(7);
    return tokens;
  };
  const pauses: number[] = [];
  for (let i = 0; i < 7; i++) {
    lookup.judge({ read: 1, accepted: 0 });
    pauses.push(pause());
  }
  assertEquals(pauses, [1, 3, 7, 15, 31, 32, 32]);
  lookup.judge({ read: 1, accepted: 1 });
  assertEquals(pause(), 0);
  lookup.judge({ read: 1, accepted: 0 });
  assertEquals(pause(), 1);
});

import { assertStringIncludes } from "@std/assert";
import { describeEnd } from "../../../pipeline/tune/describe.ts";

Deno.test("the end says whether the held-out conversations wanted fewer steps or more", () => {
  const losses = (...all: number[]) => all.map((loss, at) => ({ step: 10 * (at + 1), loss }));
  const said: [number[], string][] = [
    [[], "No conversation is held out"],
    [[1.5], "about right. On held-out conversations the loss is 1.500 at step 10"],
    // Of a tuning on 45 conversations, 20 and 60 steps long.
    [
      [1.295, 1.091],
      "too short. On held-out conversations the loss still fell at the end, from 1.295",
    ],
    [
      [1.496, 0.996, 1.035, 1.272, 1.317, 1.263],
      "too long. On held-out conversations the loss was 0.996 at step 20 and rose to 1.263",
    ],
    [[1.2, 1.0, 0.99, 0.985], "about right"],
    [[1.2, 1.0, 1.01], "about right"],
  ];
  for (const [all, text] of said) assertStringIncludes(describeEnd(losses(...all)), text);
});

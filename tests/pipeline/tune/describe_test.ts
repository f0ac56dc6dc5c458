import { assert, assertStringIncludes } from "@std/assert";
import { describeEnd } from "../../../pipeline/tune/describe.ts";

const losses = (...all: number[]) => all.map((loss, at) => ({ step: 10 * (at + 1), loss }));

Deno.test("the end says whether the held-out conversations wanted fewer steps or more", () => {
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
  for (const [all, text] of said) assertStringIncludes(describeEnd(losses(...all))[0] ?? "", text);
});

Deno.test("short answers say more than the loss does", () => {
  const end = (taught: number, heldOut: number, short = true) =>
    describeEnd(losses(1.2, 1.0, 1.01), {
      step: 30,
      taught: { right: taught, of: 45 },
      heldOut: { right: heldOut, of: 5 },
      short,
    }).join("\n");
  // The loss alone says "about right".
  assertStringIncludes(
    end(12, 1),
    "12 of 45 that it was taught come out word for word, and 1 of 5",
  );
  assertStringIncludes(end(12, 1), "Verdict: too short.");
  assertStringIncludes(end(45, 1), "Verdict: learned by heart.");
  assertStringIncludes(end(45, 4), "Verdict: about right.");
  const long = end(0, 0, false);
  assertStringIncludes(long, "0 of 45");
  assertStringIncludes(long, "about right. On held-out conversations the loss is 1.010");
  const none = describeEnd([], {
    step: 9,
    taught: { right: 4, of: 4 },
    heldOut: { right: 0, of: 0 },
    short: true,
  }).join("\n");
  assert(!none.includes("held out"), none);
});

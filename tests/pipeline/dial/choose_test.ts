import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  BY_SIZE,
  choose,
  inSteps,
  measureCandidates,
  presetFor,
} from "../../../pipeline/dial/choose.ts";
import { expectLoss, SAMPLE_RUNS } from "../../../pipeline/dial/expect.ts";
import type { PresetName } from "../../../model/config.ts";

/** Speeds of the table in docs/performance.md, and of what is larger by its operations. */
const SPEEDS: Readonly<Record<PresetName, number>> = {
  tiny: 8500,
  small: 3839,
  base: 1285,
  medium: 480,
  large: 150,
};

async function chosen(hours: number): Promise<[measured: string, preset: string, steps: number]> {
  const candidates = await measureCandidates(
    3600 * hours,
    (preset) => Promise.resolve(SPEEDS[preset]),
  );
  const { preset, steps } = choose(candidates, 3600 * hours);
  return [candidates.map((one) => one.preset).join(" "), preset, steps];
}

Deno.test("hours choose the preset whose weights see about ten tokens each", async () => {
  assertEquals(BY_SIZE, ["tiny", "small", "base", "medium", "large"]);
  // 3.06 M tokens for 1.7 M weights; nothing larger comes nearer, and nothing larger is measured.
  assertEquals(await chosen(0.1), ["tiny", "tiny", Math.round(3_060_000 / 1536)]);
  // tiny would see 37 tokens a weight, small 5.3, base 0.5.
  assertEquals(await chosen(2), ["tiny small", "small", Math.round(27_640_800 / 3072)]);
  // small would see 127 a weight, base 13, medium 2.
  const [, day] = await chosen(48);
  assertEquals(day, "base");
});

Deno.test("tokens choose without a measurement, so alike on every machine", () => {
  assertEquals(presetFor(10_000), "tiny");
  assertEquals(presetFor(18_500_000), "tiny");
  assertEquals(presetFor(52_000_000), "small");
  assertEquals(presetFor(4e8), "medium");
  assertEquals(inSteps("tiny", 100_000), { preset: "tiny", steps: 65, tokens: 65 * 1536 });
  assertEquals(inSteps("large", 10), { preset: "large", steps: 1, tokens: 24 * 512 });
});

Deno.test("a loss is guessed between measured runs alone, and says how far it was off", () => {
  assertEquals(expectLoss("medium", 1e6), undefined);
  const { tiny: runs = [] } = SAMPLE_RUNS;
  const [[fewest = 0] = [], [most = 0, best = 0] = []] = [runs[0], runs.at(-1)];
  assertEquals(expectLoss("tiny", fewest - 1), undefined);
  assertEquals(expectLoss("tiny", most + 1), undefined);
  assertEquals(expectLoss("tiny", most)?.loss, best);
  // Half way between two runs, by the factor.
  const [a = [0, 0], b = [0, 0]] = runs;
  const middle = expectLoss("tiny", Math.sqrt(a[0] * b[0]));
  assertAlmostEquals(middle?.loss ?? 0, (a[1] + b[1]) / 2, 1e-9);
  assertEquals(middle?.tests, runs.length - 2);
  assert((middle?.miss ?? 1) < 0.2);
});

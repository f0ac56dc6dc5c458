import { assert, assertEquals } from "@std/assert";
import { type StageCounts, StageMeter } from "../../../stages/meter.ts";
import { renderBlock } from "../../../stages/report/block.ts";
import { findBottleneck } from "../../../stages/report/bottleneck.ts";
import { type Progress, TrainingProgress } from "../../../stages/report/progress.ts";
import { sparkline } from "../../../stages/report/sparkline.ts";
import { printableLine } from "../../../stages/printable.ts";
import { fitText, textWidth } from "../../../stages/report/text_width.ts";
import { formatCount, formatDuration, formatRate } from "../../../stages/report/units.ts";
import { wrapLine } from "../../../stages/report/wrap_line.ts";
import { stepReport } from "./step_report.ts";

function counts(name: string, more: Partial<StageCounts> = {}): StageCounts {
  return { ...new StageMeter(name, undefined, { now: () => 0 }).counts(), ...more };
}

Deno.test("counts, durations and rates are short", () => {
  const shown: [number, string][] = [
    [0, "0"],
    [9999, "9999"],
    [10_000, "10.0k"],
    [12_345, "12.3k"],
    [99_949, "99.9k"],
    [99_950, "100k"],
    [999_499, "999k"],
    [999_500, "1.00M"],
    [4_560_000, "4.56M"],
    [2.5e12, "2.50T"],
    [Infinity, "Infinity"],
  ];
  for (const [count, text] of shown) assertEquals(formatCount(count), text);
  assertEquals([0, 999, 59_400, 247_000, 3_600_000, 3_847_000, -5].map(formatDuration), [
    "0:00",
    "0:01",
    "0:59",
    "4:07",
    "1:00:00",
    "1:04:07",
    "0:00",
  ]);
  assertEquals([0, 0.00293, 1].map(formatRate), ["0", "2.93e-3", "1.00e+0"]);
});

Deno.test("sparkline: floor to top, neighbours averaged, what is not finite left out", () => {
  assertEquals(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8), "▁▂▃▄▅▆▇█");
  assertEquals(sparkline([7, 7, 0, 0], 2), "█▁");
  assertEquals(sparkline([3, NaN, 3, Infinity], 8), "▁▁");
  assertEquals(sparkline([1, 2], 0), "");
  assertEquals(sparkline([], 8), "");
});

Deno.test("text is measured in terminal columns and cut to them", () => {
  assertEquals([textWidth("abc"), textWidth("漢字"), textWidth("e\u0301"), textWidth("🙂")], [
    3,
    4,
    1,
    2,
  ]);
  assertEquals([fitText("abcdef", 6), fitText("abcdef", 4), fitText("漢字漢字", 4)], [
    "abcdef",
    "abc…",
    "漢…",
  ]);
  assertEquals(fitText("abc", 0), "");
  assertEquals(printableLine("a\x1b[31mb\r\nc\u009b"), "a\\u001b[31mb c\\u009b");
});

Deno.test("the bottleneck is the stage that works most of the time", () => {
  const slow = { busyMs: 90, waitingInputMs: 10, queueFill: 0 };
  assertEquals(
    findBottleneck([], [
      counts("crawl", { busyMs: 20, blockedOutputMs: 80 }),
      counts("train", slow),
    ]),
    "train",
  );
  assertEquals(
    findBottleneck([], [counts("crawl", { busyMs: 50, waitingInputMs: 50 })]),
    undefined,
  );
  // Since the earlier reading, the former bottleneck has only waited.
  const later = counts("train", { busyMs: 90, waitingInputMs: 1010, queueFill: 0 });
  assertEquals(findBottleneck([counts("train", slow)], [later]), undefined);
});

Deno.test("where nobody works much, the bottleneck is the source that waits for the network", () => {
  const before = [counts("crawl"), counts("extract", { queueFill: 0 })];
  const now = [
    counts("crawl", { busyMs: 10, waitingInputMs: 90 }),
    counts("extract", { queueFill: 0, waitingInputMs: 100 }),
  ];
  assertEquals(findBottleneck(before, now), "crawl");
  // While documents are collected, training has no queue yet and waits all the time.
  assertEquals(
    findBottleneck([...before, counts("train")], [
      ...now,
      counts("train", { waitingInputMs: 100 }),
    ]),
    "crawl",
  );
});

const TRAINING: Progress = {
  phase: "training",
  elapsedMs: 72_000,
  stages: [
    counts("crawl", { itemsIn: 1234, itemsOut: 1230, dropped: { "http-error": 1, timeout: 3 } }),
    counts("train", { itemsIn: 121, itemsOut: 120, queueFill: 0.5 }),
  ],
  bottleneck: "train",
  report: stepReport(120),
  totalSteps: 900,
  remainingMs: 252_000,
  validation: { step: 100, loss: 4.91234 },
  losses: [8, 7, 6, 5],
};

Deno.test("renderBlock: a wide terminal shows everything", () => {
  assertEquals(renderBlock(TRAINING, 140), [
    "training  1:12",
    "crawl   1234 in   1230 out              4 dropped: timeout 3, http-error 1",
    "train    121 in    120 out  [████····]  ◀ bottleneck",
    "step 120/900  loss 5.0000  12.3k tokens/s  4:12 left  validation 4.9123 (step 100)  perplexity 136.0  learning rate 2.93e-3",
    "loss  █▆▃▁",
  ]);
});

Deno.test("renderBlock: a narrow terminal shows what fits, most telling first", () => {
  assertEquals(renderBlock(TRAINING, 40), [
    "training  1:12",
    "crawl   1234 in   1230 out            ",
    "train    121 in    120 out  ◀ bottleneck",
    "step 120/900  loss 5.0000",
    "loss  █▆▃▁",
  ]);
  for (let columns = 1; columns < 130; columns++) {
    for (const line of renderBlock({ ...TRAINING, phase: "読む ".repeat(9) }, columns)) {
      assert(textWidth(line) <= columns, `${columns} columns: ${line}`);
    }
  }
});

Deno.test("renderBlock: the perplexity is that of the validation, and absent without one", () => {
  const { validation: _, ...unseen } = TRAINING;
  const line = (progress: Progress) => renderBlock(progress, 200)[3] ?? "";
  assert(!line(unseen).includes("perplexity"), line(unseen));
  // e to the 1.6094379124 is 5, e to the 9 is 8103.08.
  assert(
    line({ ...TRAINING, validation: { step: 120, loss: 1.6094379124 } }).includes(
      "  perplexity 5.0  ",
    ),
  );
  assert(line({ ...TRAINING, validation: { step: 120, loss: 9 } }).includes("  perplexity 8103  "));
});

Deno.test("renderBlock: an earlier validation is named by its step, this step's is not", () => {
  const line = (step: number) =>
    renderBlock({ ...TRAINING, validation: { step, loss: 4.8008 } }, 200)[3] ?? "";
  assert(line(14).includes("  validation 4.8008 (step 14)  perplexity "), line(14));
  assert(line(120).includes("  validation 4.8008  perplexity "), line(120));
});

Deno.test("renderBlock: before the first step there is no training line", () => {
  const { report: _, ...before } = TRAINING;
  assertEquals(renderBlock({ ...before, stages: [], phase: "crawling" }, 80), ["crawling  1:12"]);
});

Deno.test("TrainingProgress: the end is whichever comes first, steps or deadline", () => {
  const bySteps = new TrainingProgress({ totalSteps: 11 });
  assertEquals(bySteps.at(0).remainingMs, undefined);
  bySteps.add(stepReport(1, { stepMs: 100 }), 1000);
  assertEquals(bySteps.at(1000).remainingMs, 1000);
  // The next report comes 200 ms later: mean 100 + 0.1 * (200 - 100) = 110, nine steps left.
  bySteps.add(stepReport(2), 1200);
  assertEquals(bySteps.at(1200).remainingMs, 990);
  assertEquals(bySteps.at(1300).remainingMs, 890);

  const byDeadline = new TrainingProgress({ totalSteps: 11, deadline: 1500 });
  byDeadline.add(stepReport(1, { stepMs: 100 }), 1000);
  assertEquals(byDeadline.at(1000).remainingMs, 500);
  assertEquals(byDeadline.at(9000).remainingMs, 0);
});

Deno.test("TrainingProgress: the curve is thinned evenly, the last validation stays", () => {
  const training = new TrainingProgress({});
  training.add(stepReport(1, { loss: 1, validationLoss: 4 }), 0);
  for (let step = 2; step <= 1026; step++) training.add(stepReport(step, { loss: step }), 0);
  const { losses, validation } = training.at(0);
  // 1024 points became 512 means of two; steps 1025 and 1026 make the next.
  assertEquals(losses.length, 513);
  assertEquals([losses[0], losses[511], losses[512]], [1.5, 1023.5, 1025.5]);
  assertEquals(validation, { step: 1, loss: 4 });
});

Deno.test("wrapLine: lines break between words, and go on beside their label", () => {
  const line =
    "ends      in runs/one; a checkpoint every 200 steps, a validation every 100 and at its end";
  assertEquals(wrapLine(line, 60), [
    "ends      in runs/one; a checkpoint every 200 steps, a",
    "          validation every 100 and at its end",
  ]);
  assertEquals(wrapLine(line, 200), [line]);
  assertEquals(wrapLine("two  columns  stay", 18), ["two  columns  stay"]);
  const words = "Next: the loss still falls, and more steps lower it further".split(" ");
  for (let columns = 1; columns < 70; columns++) {
    const lines = wrapLine(words.join(" "), columns);
    assertEquals(lines.join(" ").split(" "), words, "no word is lost or broken");
    const fits = lines.every((line) => line.length <= columns || !line.includes(" "));
    assert(fits, `${columns} columns: ${lines.join("|")}`);
  }
});

Deno.test("wrapLine: a command to copy has no line break within, the text around it has", () => {
  const command = "deno task generate runs/one --prompt 'The sun; it rose'";
  assertEquals(wrapLine(`The model is ready to go on: ${command}; or read the report`, 40), [
    "The model is ready to go on:",
    `${command};`,
    "or read the report",
  ]);
  assertEquals(wrapLine(`Continue it ${command}`, 40), ["Continue it", command]);
});

Deno.test("wrapLine: wide characters count twice, and a path has a line of its own", () => {
  assertEquals(wrapLine("読む 読む 読む", 9), ["読む 読む", "読む"]);
  assertEquals(wrapLine("saved to /a/very/long/path here", 12), [
    "saved to",
    "/a/very/long/path",
    "here",
  ]);
});

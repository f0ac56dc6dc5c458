import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { StageMeter } from "../../../stages/meter.ts";
import { type MetricsRecord, type MetricsSink, report } from "../../../stages/report/mod.ts";
import type { StepReport } from "../../../stages/types.ts";
import { stepReport } from "./step_report.ts";
import { watch } from "./watch.ts";

/** Runs steps through the stage in `runDir` and gives back the lines of metrics.jsonl. */
async function runSteps(runDir: string, steps: StepReport[]): Promise<MetricsRecord[]> {
  const meters = [new StageMeter("crawl", undefined, { now: () => 0 })];
  const heard: StepReport[] = [];
  await ReadableStream.from(steps).pipeTo(
    report({
      runDir,
      meters,
      countsEvery: 3,
      onStep: (step) => heard.push(step),
      now: () => Date.UTC(2030, 0, 2),
    }),
  );
  assertEquals(heard, steps);
  const text = await Deno.readTextFile(join(runDir, "metrics.jsonl"));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("report: one line a step, counters with the first and each third", async () => {
  const runDir = await Deno.makeTempDir();
  const sphere = { tokens: 10, bytesReduced: 100 };
  const spheres = [
    { ...sphere, microbatch: 0, worker: 0, computeMs: 10, waitMs: 0 },
    { ...sphere, microbatch: 1, worker: 1, computeMs: 30, waitMs: 4 },
  ];
  const steps = [1, 2, 3].map((step) => stepReport(step, { spheres }));
  const records = await runSteps(runDir, steps);
  assertEquals(records.map(({ step, stages }) => [step, stages?.length]), [
    [1, 1],
    [2, undefined],
    [3, 1],
  ]);
  assertEquals(records[1], {
    step: 2,
    loss: 5,
    perplexity: 148.41316,
    learningRate: 0.00293,
    gradNorm: 1.5,
    tokens: 1524,
    totalTokens: 3048,
    tokensPerSecond: 12345,
    stepMs: 100,
    spheres: { worker: [0, 1], tokens: [10, 10], computeMs: [10, 30], waitMs: [0, 4] },
    time: "2030-01-02T00:00:00.000Z",
  });
  await Deno.remove(runDir, { recursive: true });
});

Deno.test("report: a resumed run leaves no step twice, and no torn line", async () => {
  const runDir = await Deno.makeTempDir();
  const path = join(runDir, "metrics.jsonl");
  const steps = [1, 2, 3, 4].map((step) => stepReport(step));
  await runSteps(runDir, steps);
  await Deno.writeTextFile(path, '{"step":5,"lo', { append: true });

  const resumed = await runSteps(runDir, [stepReport(3, { loss: 1 }), stepReport(4)]);
  assertEquals(resumed.map(({ step, loss }) => [step, loss]), [[1, 5], [2, 5], [3, 1], [4, 5]]);

  // Torn exactly before the end of the line: the step is cut, since the line end is missing.
  await Deno.writeTextFile(path, '{"step":5}', { append: true });
  const again = await runSteps(runDir, [stepReport(5)]);
  assertEquals(again.map(({ step }) => step), [1, 2, 3, 4, 5]);
  await Deno.remove(runDir, { recursive: true });
});

Deno.test("report: another file by that name is refused and left alone", async () => {
  const runDir = await Deno.makeTempDir();
  const path = join(runDir, "metrics.jsonl");
  for (const [text, reason] of [["hello\n", "is not JSON"], ["null\n", 'has no "step"']] as const) {
    await Deno.writeTextFile(path, text);
    await assertRejects(
      () => runSteps(runDir, [stepReport(1)]),
      SyntaxError,
      `Cannot continue ${path}: line 1 ${reason}`,
    );
    assertEquals(await Deno.readTextFile(path), text);
  }
  await Deno.remove(runDir, { recursive: true });
});

Deno.test("report: steps reach the status and the listener", async () => {
  const runDir = await Deno.makeTempDir();
  const { status, taken } = watch({ json: true });
  const heard: number[] = [];
  const sink: MetricsSink = {
    step({ step }) {
      heard.push(step);
      return Promise.resolve();
    },
  };
  const stage = report({ runDir, status, sinks: [sink] });
  const steps = ReadableStream.from([stepReport(1), stepReport(2)]);
  await steps.pipeTo(stage);
  assertEquals(heard, [1, 2]);
  assertEquals(taken().split("\n").length, 3);
  await Deno.remove(runDir, { recursive: true });
});

Deno.test("report: a folder that is gone ends the run", async () => {
  const runDir = join(await Deno.makeTempDir(), "gone");
  await assertRejects(
    () => runSteps(runDir, [stepReport(1)]),
    Error,
    "metrics.jsonl: its folder does not exist",
  );
});

import { assertEquals, assertRejects } from "@std/assert";
import { conclude } from "../../dashboard/conclusion.ts";
import { History } from "../../dashboard/history.ts";
import { readRun } from "../../dashboard/run_files.ts";
import { isThere } from "../commands/program.ts";

Deno.test("history: a long run is thinned to means, its validations and last step are kept", () => {
  const history = new History();
  for (let step = 1; step <= 2051; step++) {
    history.add({ step, loss: step, ...(step % 1000 === 0 && { validationLoss: step / 1000 }) });
  }
  const { steps, loss, gradNorm, validationSteps, validationLoss } = history.curves();
  // 2048 points became 1024 means of two; then one more of two, and one that is not full.
  assertEquals(steps.length, 1026);
  assertEquals([steps[0], loss[0], steps.at(-1), loss.at(-1)], [2, 1.5, 2051, 2051]);
  assertEquals(gradNorm[0], null);
  assertEquals([validationSteps, validationLoss], [[1000, 2000], [1, 2]]);
});

Deno.test("history: tokens and training time are those of each point's last step", () => {
  const history = new History();
  for (let step = 1; step <= 2048; step++) {
    const validation = step === 5 ? { validationLoss: 1, validationMs: 1000 } : {};
    history.add({ step, totalTokens: 10 * step, stepMs: 3, dataMs: 1, ...validation });
  }
  const curves = history.curves();
  assertEquals(curves.totalTokens.slice(0, 3), [20, 40, 60]);
  assertEquals(curves.elapsedMs.slice(0, 3), [8, 16, 1024]);
  assertEquals(curves.elapsedMs.at(-1), 2048 * 4 + 1000);
  assertEquals([curves.validationTokens, curves.validationElapsedMs], [[50], [1020]]);
  assertEquals(history.elapsedMs, 2048 * 4 + 1000);
});

Deno.test("a conclusion tells the lowest validation, and the verdict where there is one", () => {
  const history = new History();
  const last = { step: 30, totalTokens: 3000, validationLoss: 2.5, validationBitsPerByte: 1.25 };
  history.add({ step: 10, validationLoss: 3 });
  history.add({ step: 20, validationLoss: 2 });
  history.add(last);
  const run = {
    curves: history.curves(),
    last,
    lastValidation: last,
    samples: [],
    tasks: [],
    offset: 0,
    settings: { sources: ["a.txt", "b", "c", "d"] },
    elapsedMs: 0,
    status: { parameters: 1000, corpus: { documents: 7, textBytes: 1_234_000 }, passes: 12.34 },
  };
  const verdict = { kind: "overfitting", reason: "It rose.", next: "add text." };
  assertEquals(conclude(run, verdict), [
    "A model of 1,000 parameters trained 30 steps on 3,000 tokens: 12.3 passes over 7 documents " +
    "(1.2 MB of text) from a.txt, b, c and 1 more.",
    "The validation loss on held-out documents is 2.5000 nats per token at the end (perplexity " +
    "12.2, 1.250 bits per byte); the lowest of 3 validations was 2.0000 at step 20.",
    "Verdict: overfitting. It rose.",
    "Next: add text.",
  ]);
  // A run of an older version.
  const old = { ...run, status: null, settings: null, last: { step: 1 } };
  assertEquals(conclude(old)[0], "A model trained 1 step.");
});

Deno.test({
  name: "dashboard: a page in Chromium follows a real run",
  // Debian: apt-get install chromium
  ignore: !await isThere("/usr/bin/chromium"),
  async fn() {
    const browsers = ["browser.ts", "charts_browser.ts", "figures_browser.ts"]
      .map((name) => new URL(name, import.meta.url).pathname);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--quiet", "--no-check", "--allow-all", ...browsers],
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals(code, 0, `${out}${err}`);
  },
});

Deno.test("a damaged file of a run is named, with the line", async () => {
  const dir = await Deno.makeTempDir();
  const cases: [file: string, text: string, place: string][] = [
    ["status.json", "{", "status.json"],
    ["samples.jsonl", '{"step":1}\n{"step"\n', "samples.jsonl, line 2"],
    ["metrics.jsonl", '{"step":1,"loss":2}\nnot\n', "metrics.jsonl, line 2"],
  ];
  for (const [file, text, place] of cases) {
    await Deno.writeTextFile(`${dir}/${file}`, text);
    await assertRejects(
      () => readRun({ name: "a", dir }),
      SyntaxError,
      `Cannot read ${dir}/${place}: it is not JSON`,
    );
    await Deno.remove(`${dir}/${file}`);
  }
  await Deno.remove(dir, { recursive: true });
});

import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { writeCorpus } from "./corpus.ts";
import { openFolder, run, start } from "./program.ts";

const GOLDEN = new URL("../fixtures/goldens/mha_tied", import.meta.url).pathname;

Deno.test("--json prints JSON lines alone; the finished run is evaluated, exported and served", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 11 });
  await Deno.writeTextFile(join(corpus, "bad.jsonl"), "{broken\n");
  const runDir = join(folder.path, "run");
  const trained = await run(
    ["pipeline", "--run", runDir, "--steps", "2", "--vocab", "300", "--json", corpus],
  );
  assertEquals([trained.code, trained.err], [0, ""]);
  const [{ plan }, first, second, { summary }] = trained.out.trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  assertEquals([first.step, second.step, summary.step], [1, 2, 2]);
  assertEquals([plan.steps, plan.run], [2, runDir]);
  assertEquals(summary.checkpoint, `${runDir}/checkpoints/step-000002`);
  assertEquals([summary.used, summary.stoppedEarly], [summary.checkpoint, false]);
  assertEquals(summary.verdict.best.loss, summary.validationLoss);

  const evaluated = await run(["eval", "--run", runDir, "--json"]);
  assertEquals([evaluated.code, evaluated.err], [0, ""]);
  const { checkpoint, loss, perplexity } = JSON.parse(evaluated.out);
  assertEquals(checkpoint, summary.checkpoint);
  // eval has rows of another length, so the losses are near and not equal.
  assertAlmostEquals(loss, summary.validationLoss, 0.1);
  assertAlmostEquals(perplexity, Math.exp(loss), 1e-9);

  const output = join(folder.path, "exported");
  const exported = await run(["export", "--run", runDir, "--output", output]);
  assertEquals([exported.code, exported.err], [0, ""]);
  assert(exported.out.startsWith(`Exported ${checkpoint} to ${output}/onnx/model.onnx, `));

  const generated = await run(
    ["generate", "--model", output, "--prompt", "The people", "--max-tokens", "5"],
  );
  assertEquals([generated.code, generated.err], [0, ""]);
  assertMatch(generated.out, /^The people/);

  await using server = start(["serve", "--model", output, "--port", "0"]);
  const [, origin] = /on (http:\S+)/.exec(await server.line(/^Serving model/)) ?? [];
  const port = new URL(origin ?? "").port;
  const refused = await run(["serve", "--model", output, "--port", port]);
  assertEquals(refused.code, 1);
  assertEquals(
    refused.err,
    `error: Cannot listen on 127.0.0.1:${port}: another program listens there; ` +
      `choose another --port\n`,
  );
  server.kill("SIGINT");
  assertEquals((await server.ended).code, 0);
});

Deno.test("--seconds trains for its time and goes on with what is left of it", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 12 });
  const runDir = join(folder.path, "run");
  {
    const args = ["pipeline", "--run", runDir, "--seconds", "3", "--vocab", "300", "--json"];
    await using program = start([...args, corpus]);
    await program.line(/"step":2,/);
    program.kill("SIGINT");
    assertEquals((await program.ended).code, 130);
  }
  const { code, out, err } = await run(["pipeline", "--run", runDir, "--json"]);
  assertEquals([code, err], [0, ""]);
  const lines = out.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert(lines[0].plan.step >= 2);
  assert(lines[1].step >= 3);
  const state = JSON.parse(
    await Deno.readTextFile(join(lines.at(-1).summary.checkpoint, "state.json")),
  );
  // The last step began before the time was over.
  assert(state.cursors.train.seconds >= 3, `trained ${state.cursors.train.seconds} s`);
  const conflict = await run(["pipeline", "--run", runDir, "--steps", "9"]);
  assertEquals(conflict.code, 2);
  assertEquals(
    conflict.err,
    `error: Cannot continue --run ${runDir} with --steps 9 (began with 0), --seconds 0 (began with 3): ` +
      `that alters the result; leave it out to go on, add --force to change it from step ` +
      `${state.step + 1} on, or choose another folder\n`,
  );
});

Deno.test("train with --batches prints a JSON line a step", async () => {
  const batches = join(GOLDEN, "batch.json");
  const { code, out, err } = await run(
    ["train", "--init", GOLDEN, "--batches", batches, "--steps", "2", "--json"],
  );
  assertEquals([code, err], [0, "opening the model\ntraining\n"]);
  assertEquals(out.trimEnd().split("\n").map((line) => JSON.parse(line).step), [1, 2]);
});

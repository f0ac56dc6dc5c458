import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { serveChain, writeCorpus } from "./corpus.ts";
import { describeIngest } from "../../pipeline/ingest/summary.ts";
import { isThere, openFolder, run, start } from "./program.ts";

const STEPS = 12;
const SMALL = ["--steps", `${STEPS}`, "--workers", "2", "--json"];
const VOCAB = ["--vocab", "320"];

function weightsOf(run: string): Promise<Uint8Array> {
  const step = `step-${String(STEPS).padStart(6, "0")}`;
  return Deno.readFile(join(run, "checkpoints", step, "model.safetensors"));
}

/** Weights of a run over `sources` that nothing interrupts. */
async function undisturbed(runDir: string, sources: readonly string[]): Promise<Uint8Array> {
  const { code, err } = await run(["pipeline", "--run", runDir, ...SMALL, ...sources]);
  assertEquals(code, 0, err);
  return await weightsOf(runDir);
}

Deno.test("training stopped before its first checkpoint, then killed, ends with the same weights", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 24 });
  const expected = await undisturbed(join(folder.path, "calm"), [...VOCAB, corpus]);

  const runDir = join(folder.path, "stormy");
  {
    const args = [
      "pipeline",
      "--run",
      runDir,
      ...SMALL,
      ...VOCAB,
      "--checkpoint-every",
      "100",
      corpus,
    ];
    await using program = start(args);
    await program.line(/"step":2,/);
    // One Ctrl-C under `deno task` arrives twice: from the terminal and from the task runner.
    program.kill("SIGINT");
    program.kill("SIGINT");
    const { code, out, err } = await program.ended;
    assertEquals(code, 130, err);
    const last = JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
    const step = String(last.step).padStart(6, "0");
    assertEquals(
      err,
      `Stopped at step ${last.step}, saved ${runDir}/checkpoints/step-${step}, ` +
        `go on with: deno task pipeline --run ${runDir}\n`,
    );
  }
  {
    await using program = start(
      ["pipeline", "--run", runDir, "--json", "--checkpoint-every", "1", "--workers", "1"],
    );
    await program.line(/"step":8,/);
    program.kill("SIGKILL");
    assertEquals((await program.ended).signal, "SIGKILL");
  }
  const { code, out, err } = await run(["pipeline", "--run", runDir, "--json"]);
  assertEquals(code, 0, err);
  const first = JSON.parse(out.split("\n")[1] ?? "");
  assert(first.step >= 8 && first.step <= STEPS, `went on at step ${first.step}`);
  assertEquals(await weightsOf(runDir), expected);
});

Deno.test("a crawl stopped, then killed, ends with the same weights", async () => {
  await using folder = await openFolder();
  await using site = serveChain({ pages: 6 });
  const sources = [...VOCAB, "--allow-private", `${site.origin}/0`];
  const expected = await undisturbed(join(folder.path, "calm"), sources);

  const runDir = join(folder.path, "stormy");
  for (const [index, signal] of [[2, "SIGINT"], [4, "SIGKILL"]] as const) {
    const page = site.hold(index);
    await using program = start(["pipeline", "--run", runDir, ...SMALL, ...sources]);
    await program.until(page.asked);
    program.kill(signal);
    const ending = await program.ended;
    page.release();
    if (signal === "SIGINT") {
      assertEquals(ending.code, 130, ending.err);
      assertMatch(
        ending.err,
        /^Stopped at step 0, saved 2 documents in .*\/corpus, go on with: deno task pipeline --run /,
      );
    } else assertEquals(ending.signal, signal);
    assertEquals(await isThere(join(runDir, "corpus", "sealed.json")), false);
  }
  const { code, err } = await run(["pipeline", "--run", runDir, "--allow-private", "--json"]);
  assertEquals(code, 0, err);
  assertEquals(await isThere(join(runDir, "corpus", "sealed.json")), true);
  assertEquals(await weightsOf(runDir), expected);
});

Deno.test("training while the crawl goes on, stopped, then killed, ends with the same weights", async () => {
  await using folder = await openFolder();
  await using site = serveChain({ pages: 6, words: 2800 });
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 12 });
  const first = join(folder.path, "first");
  await undisturbed(first, [...VOCAB, corpus]);
  // With a tokenizer given, training begins before the crawl has ended.
  const init = ["--init", join(first, "checkpoints", "step-000012")];
  const sources = [...init, "--allow-private", `${site.origin}/0`];
  const expected = await undisturbed(join(folder.path, "calm"), sources);

  const runDir = join(folder.path, "stormy");
  for (const [index, signal] of [[3, "SIGINT"], [5, "SIGKILL"]] as const) {
    const page = site.hold(index);
    const args = ["pipeline", "--run", runDir, ...SMALL, "--checkpoint-every", "1", ...sources];
    await using program = start(args);
    await program.until(page.asked);
    // Three pages fill the first window, five do not fill the second: training waits for the crawl.
    if (signal === "SIGINT") await program.line(/"step":/);
    program.kill(signal);
    const ending = await program.ended;
    page.release();
    assertEquals(ending.signal ?? ending.code, signal === "SIGINT" ? 130 : signal, ending.err);
    assertEquals(await isThere(join(runDir, "corpus", "sealed.json")), false);
  }
  const { code, err } = await run(["pipeline", "--run", runDir, "--allow-private", "--json"]);
  assertEquals(code, 0, err);
  assertEquals(await weightsOf(runDir), expected);
});

Deno.test("tokenizer training and export can be stopped and gone on with", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 12 });
  const runDir = join(folder.path, "run");
  const again = ["pipeline", "--run", runDir, "--workers", "2"];
  for (const phase of ["training the tokenizer", "exporting"]) {
    const args = phase === "exporting" ? again : [...again, "--steps", "4", corpus];
    await using program = start(args);
    await program.line(new RegExp(`^${phase}$`));
    program.kill("SIGTERM");
    const { code, out, err } = await program.ended;
    assertEquals([code, err], [143, ""], out);
    assertMatch(out, /^Stopped at step \d+, saved .*, go on with: deno task pipeline --run /m);
  }
  const { code, out, err } = await run(again);
  assertEquals([code, err], [0, ""], out);
  assertMatch(out, /^Trained 4 steps on /m);
  assert(await isThere(join(runDir, "export", "onnx", "model.onnx")));
});

Deno.test("a run folder in use is refused, and free again after a kill", async () => {
  await using folder = await openFolder();
  await using site = serveChain({ pages: 1, words: 2000 });
  const page = site.hold(0);
  const runDir = join(folder.path, "run");
  const args = [
    "pipeline",
    "--run",
    runDir,
    ...SMALL,
    ...VOCAB,
    "--allow-private",
    `${site.origin}/0`,
  ];
  await using program = start(args);
  await program.until(page.asked);
  const second = await run(args);
  assertEquals(second.code, 1);
  assertMatch(
    second.err,
    /^error: Cannot use --run .*: process \d+ is working in it; wait for it to end or choose another folder\n$/,
  );
  program.kill("SIGKILL");
  await program.ended;
  page.release();
  const third = await run(args);
  assertEquals(third.code, 0, third.err);
});

Deno.test("what came of a session adds up, and names the documents of those before", () => {
  const counts = { pages: 136, documents: 54, dropped: { "no-text": 70, "too-short": 4 } };
  const drops = "74 dropped (no-text 70, too-short 4), listed in d.jsonl";
  assertEquals(
    describeIngest(counts, { list: "d.jsonl", stopped: true, total: 54 }),
    `Pages: 136 seen, 54 documents kept, 8 in flight, ${drops}`,
  );
  // Documents that were stored before are neither kept again nor dropped.
  assertEquals(
    describeIngest(counts, { list: "d.jsonl", total: 62 }),
    `Pages: 136 seen, 54 documents kept, ${drops}; 62 documents in all`,
  );
});

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { prose, writeCorpus } from "../commands/corpus.ts";
import { openFolder, run } from "../commands/program.ts";

Deno.test("eval compares checkpoints, source by source", async () => {
  await using folder = await openFolder();
  const [letters, books] = [join(folder.path, "letters"), join(folder.path, "books")];
  await Deno.mkdir(letters);
  for (let i = 0; i < 14; i++) await Deno.writeTextFile(join(letters, `${i}.txt`), prose(100 + i));
  await writeCorpus(books, { count: 16 });
  const runDir = join(folder.path, "run");
  const trained = await run([
    ...["pipeline", "--run", runDir, "--steps", "4", "--checkpoint-every", "2", "--vocab", "300"],
    ...["--json", letters, books],
  ]);
  assertEquals([trained.code, trained.err], [0, ""]);

  const { prompts } = JSON.parse(await Deno.readTextFile(join(runDir, "prompts.json")));
  assert(prompts.length > 0);
  const { code, out, err } = await run(["eval", "--run", runDir, "--all", "--json"]);
  assertEquals([code, err], [0, ""]);
  const evaluations = out.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(evaluations.map(({ checkpoint }) => checkpoint), [
    `${runDir}/checkpoints/step-000002`,
    `${runDir}/checkpoints/step-000004`,
  ]);
  for (
    const { documents, tokens, loss, perplexity, bitsPerByte, sources, samples } of evaluations
  ) {
    assertEquals(documents, 3, "each tenth of thirty");
    assertEquals(Object.keys(sources), ["letters/", "books/"]);
    const parts = [sources["letters/"], sources["books/"]];
    assertEquals(tokens, parts[0].tokens + parts[1].tokens);
    const nats = parts.reduce((sum, part) => sum + part.loss * part.tokens, 0);
    assertAlmostEquals(loss, nats / tokens, 1e-9);
    assertAlmostEquals(perplexity, Math.exp(loss), 1e-9);
    // Prose of this sort takes two to four bytes a token with so small a vocabulary.
    assert(bitsPerByte > loss / Math.LN2 / 4 && bitsPerByte < loss / Math.LN2, `${bitsPerByte}`);
    assertEquals(samples.map(({ prompt }: { prompt: string }) => prompt), prompts);
  }
  assert(evaluations[1].loss < evaluations[0].loss, "two steps more");

  const steps = ["2", "4"].map((step) => join(runDir, "checkpoints", `step-00000${step}`));
  const table = await run(["eval", "--run", runDir, ...steps]);
  assertEquals([table.code, table.err], [0, ""]);
  assertMatch(table.out, /^checkpoint +tokens +loss +perplexity +bits\/byte$/m);
  assertMatch(table.out, /^source +documents +tokens +loss 1 +loss 2$/m);
  assertMatch(table.out, /^all +3 +[\d,]+ +\d\.\d{4} +\d\.\d{4}$/m);
  const single = await run(["eval", "--run", runDir]);
  assertMatch(single.out, /^source +documents +tokens +loss +perplexity +bits\/byte$/m);
  assertMatch(single.out, /^letters\/ +1 +[\d,]+ +\d\.\d{4} +\d+\.\d\d +\d\.\d{4}$/m);
  assertMatch(table.out, /step-000004 +[\d,]+ +\d\.\d{4} +\d+\.\d\d +\d\.\d{4}$/m);
  for (const prompt of prompts) assertStringIncludes(table.out, `\n  ${prompt} ▸`);

  // Exported files, scored by the runtime that runs them.
  const exported = await run(["export", "--run", runDir, "--format", "onnx-int8"]);
  assertEquals([exported.code, exported.err], [0, ""]);
  const files = ["model.onnx", "model_quantized.onnx"].map((name) =>
    join(runDir, "export", "onnx", name)
  );
  const scored = await run(["eval", "--run", runDir, "--json", ...files]);
  assertEquals([scored.code, scored.err], [0, ""]);
  const [f32, int8] = scored.out.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals([f32.tokens, int8.tokens], [evaluations[1].tokens, evaluations[1].tokens]);
  assertAlmostEquals(f32.loss, evaluations[1].loss, 1e-4);
  assertAlmostEquals(int8.perplexity / f32.perplexity, 1, 0.02);
  assert(int8.loss !== f32.loss, "rounded weights");
  const missing = await run(["eval", "--run", runDir, `${files[0]}x.onnx`]);
  assertEquals(missing.code, 2);

  const both = await run(["eval", "--run", runDir, "--all", "x"]);
  assertEquals([both.code, both.err], [2, "error: Cannot evaluate both x and --all: choose one\n"]);
});

Deno.test("eval --set validation tells what training told of the same checkpoint", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 60 });
  const runDir = join(folder.path, "run");
  const flags = ["--steps", "4", "--checkpoint-every", "2", "--validate-every", "2"];
  const made = await run([
    ...["pipeline", "--run", runDir, ...flags, "--vocab", "300", "--hold-out", "by-hash", corpus],
  ]);
  assertEquals([made.code, made.err], [0, ""]);
  assertMatch(made.out, /^Validation: [\d,]+ tokens out of \d+ held-out documents$/m);
  const records = (await Deno.readTextFile(join(runDir, "metrics.jsonl"))).trimEnd().split("\n")
    .map((line) => JSON.parse(line)).filter(({ validationLoss }) => validationLoss !== undefined);
  const losses = records.map(({ validationLoss }) => validationLoss);
  assertEquals(losses.length, 2);

  // Another set of workers, rows at once and way of summing.
  const evaluate = async (...args: string[]) => {
    const { code, out, err } = await run(["eval", "--run", runDir, "--json", ...args]);
    assertEquals([code, err], [0, ""]);
    return out.trimEnd().split("\n").map((line) => JSON.parse(line));
  };
  const again = await evaluate("--set", "validation", "--all", "--rows", "5", "--workers", "1");
  assertEquals(again.map(({ loss }) => loss.toFixed(4)), losses.map((loss) => loss.toFixed(4)));
  again.forEach(({ loss, bitsPerByte }, i) => {
    assertAlmostEquals(loss, losses[i], 1e-9);
    assertAlmostEquals(bitsPerByte, records[i].validationBitsPerByte, 1e-9);
  });
  const recorded = JSON.parse(await Deno.readTextFile(join(runDir, "validation.json"))).set;
  const targets = recorded.parts.reduce((sum: number, { ids }: { ids: number[] }) => {
    return sum + ids.length - 1;
  }, 0);
  assertEquals(again[0].tokens, targets);

  // As many rows as there are, all at once and drawn, are all of the text; and few are few.
  const [all] = await evaluate();
  const [drawn] = await evaluate("--max-rows", "100000");
  assertEquals([drawn.documents, drawn.tokens], [all.documents, all.tokens]);
  assertAlmostEquals(drawn.loss, all.loss, 1e-9);
  const [few] = await evaluate("--max-rows", "3");
  assert(few.tokens <= 3 * 128 && few.tokens > 2 * 128, `${few.tokens}`);

  const refused = await run(["eval", "--run", runDir, "--set", "validation", "--max-rows", "3"]);
  assertEquals([refused.code, refused.err], [
    2,
    "error: Cannot use --max-rows with --set validation: it is for --set all\n",
  ]);
  await Deno.remove(join(runDir, "validation.json"));
  const none = await run(["eval", "--run", runDir, "--set", "validation"]);
  assertEquals(none.code, 2);
  assertStringIncludes(none.err, "has none yet; training draws it");
});

Deno.test("eval only reads the corpus: what is being written to it stays", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 20 });
  const runDir = join(folder.path, "run");
  const made = await run(["pipeline", "--run", runDir, "--steps", "1", "--vocab", "300", corpus]);
  assertEquals(made.code, 0);
  // A member that another process has half written: the corpus is not complete yet.
  await Deno.remove(join(runDir, "corpus", "sealed.json"));
  const segment = join(runDir, "corpus", "000000.jsonl.gz");
  const before = await Deno.readFile(segment);
  const live = new Uint8Array([...before, ...before.subarray(0, 20)]);
  await Deno.writeFile(segment, live);
  const { code, out } = await run(["eval", "--run", runDir, "--json"]);
  assertEquals([code, JSON.parse(out).documents], [0, 2]);
  assertEquals(await Deno.readFile(segment), live);
});

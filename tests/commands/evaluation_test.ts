import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { sourceOf } from "../../commands/evaluation.ts";
import { prose, writeCorpus } from "./corpus.ts";
import { openFolder, run } from "./program.ts";

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
    assertEquals(samples.length, 3);
  }
  assert(evaluations[1].loss < evaluations[0].loss, "two steps more");

  const steps = ["2", "4"].map((step) => join(runDir, "checkpoints", `step-00000${step}`));
  const table = await run(["eval", "--run", runDir, ...steps]);
  assertEquals([table.code, table.err], [0, ""]);
  assertMatch(table.out, /^checkpoint +tokens +loss +perplexity +bits\/byte$/m);
  assertMatch(table.out, /^source +documents +loss 1 +loss 2$/m);
  assertMatch(table.out, /step-000004 +[\d,]+ +\d\.\d{4} +\d+\.\d\d +\d\.\d{4}$/m);
  assertMatch(table.out, /^ {2}In the year ▸/m);

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
  assertEquals([both.code, both.err], [2, "error: Cannot evaluate x with --all: choose one\n"]);
});

Deno.test("a source is the host of an address and the folder of a file", () => {
  assertEquals(sourceOf("https://example.org:8080/a/b"), "example.org:8080");
  assertEquals(sourceOf("file:///data/my%20books/one.txt"), "my books/");
});

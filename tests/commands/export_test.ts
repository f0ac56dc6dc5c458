import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { compareLogits } from "../../run/export/parity.ts";
import { EXPORT_FORMATS } from "../../run/export/format.ts";
import { writeCorpus } from "./corpus.ts";
import { isThere, openFolder, run } from "./program.ts";

Deno.test("every export format is read back and predicts as the checkpoint does", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 11 });
  const runDir = join(folder.path, "run");
  const trained = await run([
    "pipeline",
    "--run",
    runDir,
    "--steps",
    "3",
    "--vocab",
    "300",
    corpus,
  ]);
  assertEquals([trained.code, trained.err], [0, ""], trained.out);
  for (const [format, { file }] of Object.entries(EXPORT_FORMATS)) {
    if (format === "onnx") continue; // by the pipeline itself
    const { code, out, err } = await run(["export", "--run", runDir, "--format", format]);
    assertEquals([code, err], [0, ""], format);
    assertMatch(out, /^Read back: perplexity 1\.0[01]\d* times the checkpoint's, same likeliest/m);
    const isOwnFolder = format.startsWith("safetensors");
    const to = join(runDir, "export", isOwnFolder ? format : "");
    assert(await isThere(join(to, file)), `${to} ${file}`);
    const { torch_dtype } = JSON.parse(await Deno.readTextFile(join(to, "config.json")));
    const dtypes: Record<string, string> = {
      "safetensors-f16": "float16",
      "safetensors-bf16": "bfloat16",
    };
    assertEquals(torch_dtype, dtypes[format] ?? "float32");
  }
  // An export is a folder to start from, or to export again.
  const half = join(runDir, "export", "safetensors-bf16");
  const again = await run(["export", "--checkpoint", half, "--output", join(folder.path, "again")]);
  assertEquals([again.code, again.err], [0, ""]);
  const onto = await run(["export", "--checkpoint", half, "--output", half]);
  assertEquals(onto.code, 2);
  assertMatch(onto.err, /it is the folder to export from\n$/);
  const below = await run([
    "export",
    "--checkpoint",
    half,
    "--output",
    join(half, "config.json/x"),
  ]);
  assertEquals(below.code, 2);
  assertMatch(below.err, /^error: Cannot make --output .*: a part of its path is not a folder/m);
});

Deno.test("compareLogits sees a divergence", () => {
  // Two places over two tokens; p = (0.8, 0.2) against q = (0.5, 0.5), then no difference.
  const wanted = Float32Array.of(Math.log(4), 0, 1, 3);
  const found = Float32Array.of(0, 0, 101, 103);
  const { perplexityRatio, agreement } = compareLogits(found, wanted, { columns: 2 });
  const divergence = 0.8 * Math.log(0.8 / 0.5) + 0.2 * Math.log(0.2 / 0.5);
  assert(Math.abs(perplexityRatio - Math.exp(divergence / 2)) < 1e-6);
  assertEquals(agreement, 1);
  assertEquals(compareLogits(wanted, wanted, { columns: 2 }).perplexityRatio, 1);
  assert(Number.isNaN(
    compareLogits(Float32Array.of(NaN, 0), wanted.subarray(0, 2), {
      columns: 2,
    }).perplexityRatio,
  ));
});

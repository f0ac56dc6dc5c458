import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { writeCorpus } from "../commands/corpus.ts";
import { openFolder, run, start } from "../commands/program.ts";

Deno.test("a run shorter than its first checkpoint has a sample, and stays as it ended", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 11 });
  await Deno.writeTextFile(join(corpus, "bad.jsonl"), "{broken\n{broken too\n");
  const runDir = join(folder.path, "run");
  const flags = ["--steps", "3", "--vocab", "300"];
  const first = await run(["pipeline", "--run", runDir, ...flags, corpus]);
  assertEquals([first.code, first.err], [0, ""]);

  const read = (name: string) => Deno.readTextFile(join(runDir, name));
  const samples = (await read("samples.jsonl")).trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  assertEquals(samples.map(({ step }) => step), [3]);
  assert(samples[0].samples.every(({ continuation }: { continuation: string }) => continuation));
  const report = await read("report.html");
  assertMatch(report, /malformed<\/dt>\s*<dd>2<\/dd>/);
  // The line of the last step, the summary and the report tell one validation.
  const { validationLoss, validationPerplexity } = JSON.parse(
    (await read("metrics.jsonl")).trimEnd().split("\n").at(-1) ?? "",
  );
  const [loss, perplexity] = [validationLoss.toFixed(4), (Math.E ** validationLoss).toFixed(1)];
  assertEquals(validationPerplexity.toFixed(1), perplexity);
  assertStringIncludes(first.out, `validation ${loss}  perplexity ${perplexity}  `);
  assertStringIncludes(first.out, `held-out documents (perplexity ${perplexity}).`);
  assertMatch(report, new RegExp(`Validation loss</dt>\\s*<dd>${loss}</dd>`));
  assertMatch(report, new RegExp(`Validation perplexity</dt>\\s*<dd>${perplexity}</dd>`));

  const names = ["status.json", "report.html", "manifest.json", "metrics.jsonl", "samples.jsonl"];
  const before = await Promise.all(names.map(read));
  const again = await run(["pipeline", "--run", runDir]);
  assertEquals([again.code, again.err], [0, ""]);
  assertMatch(again.out, /^already finished, nothing to train$/m);
  assertMatch(again.out, /^Trained 3 steps on /m);
  assertEquals(await Promise.all(names.map(read)), before);

  await using server = start(["serve", "--run", runDir, "--port", "0"]);
  const [, origin = ""] = / on (http:\S+)/.exec(await server.line(/^Serving model/)) ?? [];
  const get = async (path: string) => await (await fetch(origin + path)).text();
  assertMatch(await get("/"), /<a [^>]*href="dashboard\/"/);
  assertMatch(await get("/dashboard/"), /<title>cllm training<\/title>/);
  assertEquals(JSON.parse(await get("/dashboard/history")).last.step, 3);

  // What is missing is made again.
  await Deno.remove(join(runDir, "report.html"));
  assertEquals((await run(["pipeline", "--run", runDir])).code, 0);
  assertMatch(await read("report.html"), /malformed<\/dt>\s*<dd>2<\/dd>/);
});

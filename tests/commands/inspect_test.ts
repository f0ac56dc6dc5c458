import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { surveyJournal } from "../../stages/journal/mod.ts";
import { writeCorpus } from "./corpus.ts";
import { openFolder, run } from "./program.ts";

Deno.test("a run planned by the clock claims no repetition; inspect and runs tell what is there", async () => {
  await using folder = await openFolder();
  const notes = join(folder.path, "notes");
  await writeCorpus(notes, { count: 12 });
  const dir = join(folder.path, "runs", "clock");
  const args = ["--seconds", "1", "--vocab", "300", "--workers", "1", "--json", notes];
  const trained = await run(["pipeline", "--run", dir, ...args]);
  assertEquals([trained.code, trained.err], [0, ""]);
  const report = await Deno.readTextFile(join(dir, "report.html"));
  assertStringIncludes(report, "the same command gives other weights each time");
  assert(!report.includes("bit for bit"));

  const shown = await run(["inspect", dir]);
  assertStringIncludes(shown.out, "1 s (planned by the clock: another run gives other weights)");
  // The texts themselves, decompressed.
  const lines = new TextDecoder().decode(
    gunzipSync(await Deno.readFile(join(dir, "corpus", "000000.jsonl.gz"))),
  ).trimEnd().split("\n");
  const textBytes = lines.map((line) => new TextEncoder().encode(JSON.parse(line).text).length)
    .reduce((sum, each) => sum + each, 0);
  assertMatch(
    shown.out,
    new RegExp(`^Corpus {7}12 documents, ${textBytes.toLocaleString("en")} bytes of text, `, "m"),
  );
  assertMatch(shown.out, / of text, \d+ kB on the disk$/m);
  assertStringIncludes(shown.out, " held out (so far: of the documents that training has read), ");
  assertEquals(await surveyJournal(join(dir, "corpus")), { documents: 12, textBytes });
  assertEquals(await surveyJournal(notes), { documents: 0, textBytes: 0 });

  const broken = join(folder.path, "runs", "broken");
  await Deno.mkdir(broken);
  await Deno.writeTextFile(join(broken, "run.json"), '{"format":1,"settings":{}}');
  const listed = await run(["runs", join(folder.path, "runs"), "--json"]);
  assertEquals([listed.code, listed.err], [0, ""]);
  const rows = listed.out.trimEnd().split("\n").map((line) => JSON.parse(line));
  const step = JSON.parse(trained.out.trimEnd().split("\n").at(-1) ?? "").summary.step;
  const byRun = Object.fromEntries(rows.map((row) => [row.run, row]));
  const { validationLoss, bytes, when, ...rest } = byRun[dir];
  assertEquals(rest, { run: dir, state: "finished", fault: null, step, steps: null });
  assert(validationLoss > 0 && bytes > textBytes / 10 && Date.parse(when) > 0);
  assertEquals(byRun[broken].state, "unreadable");
  const table = await run(["runs", join(folder.path, "runs")]);
  assertMatch(table.out, /^Run +State +Step +Validation +Size +When\n/);
  assertStringIncludes(table.out, `\n\n${byRun[broken].fault}\n`);
  // The run itself as the operand.
  assertEquals((await run(["runs", dir])).out.trimEnd().split("\n").length, 2);
});

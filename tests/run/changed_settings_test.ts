import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { writeCorpus } from "../commands/corpus.ts";
import { openFolder, run } from "../commands/program.ts";

Deno.test("a setting that was changed by hand is named, and goes on with --force alone", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 14 });
  const runDir = join(folder.path, "run");
  const path = join(runDir, "run.json");
  const begun = await run(
    ["pipeline", "--run", runDir, "--json", "--steps", "3", "--vocab", "300", corpus],
  );
  assertEquals([begun.code, begun.err], [0, ""]);
  const text = await Deno.readTextFile(path);
  const was = JSON.parse(text).settings.learningRate;
  const edited = text.replace(/"learningRate": [\d.e-]+/, '"learningRate": 0.25');
  assert(edited !== text);
  await Deno.writeTextFile(path, edited);

  const what = `learningRate is 0.25 (the newest checkpoint was trained with ${was})`;
  for (const args of [["pipeline", "--run"], ["inspect"], ["eval"], ["trace", "--step", "1"]]) {
    const refused = await run([...args, runDir]);
    assertEquals([refused.code, refused.out], [2, ""], args.join(" "));
    assertStringIncludes(refused.err, what);
  }
  const verified = await run(["verify", runDir]);
  assertEquals([verified.code, verified.err], [1, ""]);
  assertStringIncludes(verified.out, `WRONG  run.json was changed by hand or is damaged: ${what}`);
  assertEquals(await Deno.readTextFile(path), edited);

  // Only what a flag could have said is taken over.
  for (
    const [name, value] of [["leaves", '"many"'], ["clip", '"1"'], [
      "schedule",
      '"linear"',
    ]] as const
  ) {
    await Deno.writeTextFile(
      path,
      text.replace(new RegExp(`"${name}": [^,]+`), `"${name}": ${value}`),
    );
    const wrong = await run(["pipeline", "--run", runDir, "--force"]);
    assertEquals(wrong.code, 2);
    assertStringIncludes(wrong.err, `${name} is ${value} in its run.json: Cannot use --${name} `);
  }
  await Deno.writeTextFile(path, edited);

  const forced = await run(["pipeline", "--run", runDir, "--json", "--steps", "5", "--force"]);
  assertEquals(forced.code, 0, forced.err);
  assertStringIncludes(forced.err, `From step 4 on, learningRate is 0.25 instead of ${was}`);
  const again = await run(["verify", runDir]);
  assertEquals([again.code, again.err], [0, ""], again.out);

  // What the run was made with cannot be changed, whatever is said.
  const now = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, now.replace('"seed": 0', '"seed": 1'));
  const fixed = await run(["pipeline", "--run", runDir, "--force"]);
  assertEquals(fixed.code, 2);
  assertStringIncludes(fixed.err, "seed is 1 (the newest checkpoint was trained with 0)");
  assertStringIncludes(fixed.err, "that cannot change any more, also with --force");
});

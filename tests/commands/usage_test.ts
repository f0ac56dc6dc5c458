import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { openFolder, run } from "./program.ts";

Deno.test("a run folder that is a file or damaged is refused; settings are not changed", async () => {
  await using folder = await openFolder();
  const file = join(folder.path, "file");
  await Deno.writeTextFile(file, "");
  const taken = await run(["pipeline", "--run", file]);
  assertEquals(taken.code, 2);
  assertMatch(taken.err, /^error: Cannot use --run .*file: a part of its path is not a folder\n$/);

  await Deno.writeTextFile(join(folder.path, "run.json"), '{"format":');
  const damaged = await run(["pipeline", "--run", folder.path]);
  assertEquals(damaged.code, 2);
  assertEquals(
    damaged.err,
    `error: Cannot use the run ${folder.path}: its run.json is damaged; ` +
      `\`deno task repair ${folder.path}\` says what can be saved\n`,
  );
});

Deno.test("a run of another format says so, whatever looks at it", async () => {
  await using folder = await openFolder();
  await Deno.writeTextFile(join(folder.path, "run.json"), '{"format":1,"settings":{}}');
  for (const args of [["inspect", folder.path], ["verify", "--run", folder.path]]) {
    const { code, err } = await run(args);
    assertEquals(code, 2);
    assertMatch(
      err,
      /^error: Cannot use the run .*: its run.json has format 1 and this program reads \d+; begin it anew in another folder, or use the program that made it\n$/,
    );
  }
});

Deno.test("CLLM_TRACE=1 shows where an error came from", async () => {
  const { code, err } = await run(["pipeline", "--steps", "0"], { CLLM_TRACE: "1" });
  assertEquals(code, 2);
  assertStringIncludes(err, "flags.ts");
});

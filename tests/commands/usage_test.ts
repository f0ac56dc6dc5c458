import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { openFolder, run, startCommand } from "./program.ts";

Deno.test("a run folder that is a file or damaged is refused; settings are not changed", async () => {
  await using folder = await openFolder();
  const file = join(folder.path, "file");
  await Deno.writeTextFile(file, "");
  const taken = await run(["pipeline", "--run", file]);
  assertEquals(taken.code, 2);
  assertMatch(taken.err, /^error: Cannot use --run .*file: it is a file; name a folder\n$/);

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

/** Runs a program with the permissions of its task, and no more. */
async function runTask(permissions: string, ...args: string[]) {
  const cwd = new URL("../../", import.meta.url).pathname;
  const words = ["run", "-q", "--no-prompt", "--node-modules-dir=none", `-P=${permissions}`];
  await using program = startCommand([Deno.execPath(), ...words, ...args], {
    cwd,
    env: { NO_COLOR: "1" },
  });
  const { code, out, err } = await program.ended;
  return [code, out, err];
}

Deno.test("a path that Deno keeps from its tasks is refused without Deno's advice", async () => {
  const refused = (act: string) => [2, "", `error: Cannot ${act}; name another path\n`];
  assertEquals(
    await runTask("text", "main.ts", "text", "/proc/x"),
    refused("read /proc/x: Deno does not let a task use /proc/x"),
  );
  const [code, , err] = await runTask(
    "text",
    "main.ts",
    "text",
    "--output",
    "/dev/x.jsonl",
    "LICENSE",
  );
  assertEquals(code, 1);
  assertStringIncludes(
    `${err}`,
    "error: Cannot write /dev/x.jsonl: Deno does not let a task use /dev/x.jsonl; name another path",
  );
});

Deno.test("the task that builds the kernels refuses what it would ignore", async () => {
  assertEquals(await runTask("kernels", "kernels/main.ts", "--x"), [
    ...[2, ""],
    "error: Cannot use --x: deno task kernels takes no arguments\n",
  ]);
});

Deno.test("CLLM_TRACE=1 shows where an error came from", async () => {
  const { code, err } = await run(["pipeline", "--steps", "0"], { CLLM_TRACE: "1" });
  assertEquals(code, 2);
  assertStringIncludes(err, "flags.ts");
});

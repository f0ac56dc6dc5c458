import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { makeLocks } from "../../tools/locks.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("locks: the files are what deno.lock gives, and leave out what only tests load", async () => {
  const locks = await makeLocks();
  assertEquals(Object.keys(locks), ["locks/core.lock", "locks/onnx.lock"]);
  for (const [path, text] of Object.entries(locks)) {
    assertEquals(await Deno.readTextFile(new URL(path, ROOT)), text, "run deno task locks");
    const ids = Object.keys(JSON.parse(text).npm);
    for (
      const name of ["openai", "playwright-core", "gpt-tokenizer", "@jax-js/jax", "fast-check"]
    ) {
      assert(!ids.some((id) => id.startsWith(`${name}@`)), `${path} has ${name}`);
    }
    assertEquals(ids.includes("onnxruntime-web@1.30.0"), path === "locks/onnx.lock");
  }
});

Deno.test("locks: every task that runs the program names a lock file and a set of permissions", () => {
  const permissions: Record<string, object> = config.permissions;
  const tasks: Record<string, { command: string }> = config.tasks;
  let programs = 0;
  for (const [name, { command }] of Object.entries(tasks)) {
    const [, runner = "", set = ""] = /^deno task -q (\w+) -P=(\w+) \S+\.ts/.exec(command) ?? [];
    if (runner === "") continue;
    programs++;
    assertEquals(set, name);
    assert(Object.hasOwn(permissions, set), `no permissions ${set}`);
    const started = tasks[runner]?.command ?? "";
    assert(/ --no-prompt --frozen .*--lock=locks\/\w+\.lock/.test(started), started);
    // What Deno prints of it before anything else fits a terminal of 80 columns.
    assert(name === "docs" || `Task ${name} ${command}`.length < 80, command);
  }
  assertEquals(programs, 17);
});

/** Programs that tasks start with nothing installed; they may import no package. */
const ALONE = ["tools/locks.ts", "tools/v8_flags.ts"];

Deno.test("locks: every task works in a fresh clone, where no package is installed", async () => {
  const tasks: Record<string, { command: string }> = config.tasks;
  for (const [name, { command }] of Object.entries(tasks)) {
    // What installs packages comes first; a runner installs none and reads its lock file instead.
    const [start = ""] = command.split("deno install -q");
    const runs = start.split(/&&|\$\(|\)/).filter((part) =>
      /\bdeno (run|test|check|compile)\b/.test(part)
    );
    for (const part of runs) {
      const isAlone = ALONE.some((program) => part.includes(` ${program}`));
      const reads = /--frozen --node-modules-dir=none --lock=locks\/\w+\.lock/.test(part);
      assert(isAlone || reads, `task ${name} needs packages that a fresh clone does not have`);
    }
    const runner = /\bmain\.ts\b/.test(start) ? /^deno task -q (\w+) /.exec(start)?.[1] : "core";
    assert(runner !== undefined, `task ${name} runs main.ts without core, lean or onnx`);
    assert(["core", "lean", "onnx"].includes(runner), `task ${name} runs main.ts by ${runner}`);
  }
  for (const program of ALONE) {
    const source = await Deno.readTextFile(new URL(program, ROOT));
    assertEquals(source.match(/^import .* from "(?![./]|node:)/gm), null, program);
  }
});

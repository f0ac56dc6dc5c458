import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);
const TASKS: Record<string, { command: string }> = config.tasks;

Deno.test("tasks: every one that runs the program names its permissions and fits a line", () => {
  const permissions: Record<string, object> = config.permissions;
  let programs = 0;
  for (const [name, { command }] of Object.entries(TASKS)) {
    const [, runner = "", set = ""] = /^deno task -q (\w+) -P=(\w+) \S+\.ts/.exec(command) ?? [];
    if (runner === "") continue;
    programs++;
    assertEquals(set, name);
    assert(Object.hasOwn(permissions, set), `no permissions ${set}`);
    const started = TASKS[runner]?.command ?? "";
    assert(/ --no-prompt --frozen --node-modules-dir=none/.test(started), started);
    // What Deno prints of it before anything else fits a terminal of 80 columns.
    assert(name === "docs" || `Task ${name} ${command}`.length < 80, command);
  }
  assertEquals(programs, 20);
});

/** Imports no package, and so runs with nothing installed. */
const ALONE = "tools/v8_flags.ts";

Deno.test("tasks: every one works in a fresh clone, where no package is installed", async () => {
  for (const [name, { command }] of Object.entries(TASKS)) {
    // What installs packages comes first; a runner takes them from Deno's cache instead.
    const [start = ""] = command.split("deno install -q");
    for (const part of start.split(/&&|\$\(|\)/)) {
      if (!/\bdeno (run|test|check|compile)\b/.test(part)) continue;
      const isReady = part.includes(ALONE) || part.includes("--frozen --node-modules-dir=none");
      assert(isReady, `task ${name} needs packages that a fresh clone does not have`);
    }
    const runner = /\bmain\.ts\b/.test(start) ? /^deno task -q (\w+) /.exec(start)?.[1] : "core";
    assert(["core", "lean"].includes(runner ?? ""), `task ${name} runs main.ts by ${runner}`);
  }
  const source = await Deno.readTextFile(new URL(ALONE, ROOT));
  assertEquals(source.match(/^import .* from "(?![./]|node:)/gm), null);
});

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { describeQuestion } from "../../bench/help.ts";
import { COMMANDS } from "../../commands/mod.ts";
import { parseFlags } from "../../cli/flags.ts";
import { describeCommand, describeGroup, tablesOf, wrap } from "../../cli/help.ts";
import { nearest } from "../../cli/nearest.ts";
import config from "../../deno.json" with { type: "json" };
import { runHere } from "./in_process.ts";

const tops = await Promise.all(Object.values(COMMANDS).map((load) => load()));
/** Every command that has flags of its own. */
const commands = tops.flatMap((command) => command.subcommands ?? [command]);

/** The words of a command line, as a shell reads quotes and stops at what redirects. */
function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)]
    .map(([, double, single, plain]) => double ?? single ?? plain ?? "");
  const from = words.lastIndexOf("|") + 1, to = words.indexOf(">");
  return words.slice(from, to < 0 ? undefined : to);
}

Deno.test("each flag of each command is under a title, and what its rules name is there", () => {
  for (const { name: command, flags } of commands) {
    for (const [name, flag] of Object.entries(flags)) {
      const { group, needs, only = {}, unless = {}, excludes = [] } = flag;
      assert(group !== undefined, `${command} --${name} has no group`);
      const others = [...excludes, ...Object.keys(only), ...Object.keys(unless), needs ?? name];
      assertEquals(others.filter((other) => !flags[other]), [], `${command} --${name}`);
    }
  }
});

Deno.test("help fits a screen: 24 lines a group, 80 columns, and any other width", () => {
  for (const columns of [80, 60, 120]) {
    for (const command of [...tops, ...commands]) {
      const lines = describeCommand(command, columns).split("\n");
      const tooWide = lines.filter((line) =>
        line.length > columns && !command.examples.includes(line.trim())
      );
      assertEquals(tooWide, [], `${command.name} in ${columns} columns`);
    }
  }
  for (const command of commands) {
    for (const [title, flags] of tablesOf(command.flags)) {
      const lines = describeGroup(title, flags);
      assert(lines.length <= 24, `${command.name}, ${title}: ${lines.length} lines`);
    }
  }
});

Deno.test("help shows every flag with its default", () => {
  for (const command of commands) {
    for (const [name, flag] of Object.entries(command.flags)) {
      const text = describeGroup("", { [name]: flag }).slice(1).join(" ").replace(/\s+/g, " ");
      assertMatch(text, /^ --[a-z-]+ .*\(default.*\)$/, `${command.name} --${name}`);
      assertStringIncludes(describeCommand(command), `  --${name}`);
    }
  }
});

Deno.test("each command has two or three examples, which its flags can read", () => {
  for (const command of [...tops, ...commands]) {
    const { examples, flags, name } = command;
    assert(examples.length >= 2 && examples.length <= 3, name);
    if (command.subcommands) continue;
    for (const example of examples) {
      const [deno, task, top = "", ...args] = wordsOf(example);
      assertEquals([deno, task], ["deno", "task"], example);
      assert(top in config.tasks, example);
      const own = name.split(" ");
      assertEquals([top, ...args].slice(0, own.length), own, example);
      parseFlags(args.slice(own.length - 1), { flags });
    }
  }
});

Deno.test("-h and --help stand anywhere, --version too", async () => {
  const version = new RegExp(`^cllm ${config.version} \\(Deno ${Deno.version.deno}, V8 .+\\)\\n$`);
  const program = await runHere(["--help"]);
  const short = await runHere(["pipeline", "--steps", "3", "-h"]);
  const sub = await runHere(["tokens", "show", "--help"]);
  const own = await runHere(["--version"]);
  const late = await runHere(["inspect", "--version"]);
  for (const { code, err } of [program, short, sub, own, late]) assertEquals([code, err], [0, ""]);
  for (const name of Object.keys(COMMANDS)) {
    assertMatch(program.out, new RegExp(`^  ${name} +[A-Z]`, "m"));
  }
  assertStringIncludes(short.out, "Usage: deno task pipeline [flags]");
  assertStringIncludes(sub.out, "Usage: deno task tokens show [flags] [RUN]");
  assertMatch(own.out, version);
  assertMatch(late.out, version);
});

Deno.test("bench --help has every question in the words of its file", async () => {
  const bench = new URL("../../bench/main.ts", import.meta.url).pathname;
  const args = ["run", "--allow-read", bench, "--help"];
  const { code, stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
  assertEquals(code, 0);
  const names = new TextDecoder().decode(stdout).split("\n")
    .flatMap((line) => /^ {2}([a-z]+) +\S/.exec(line)?.[1] ?? []);
  assert(names.length > 10);
  for (const name of names) {
    const text = await describeQuestion(name);
    assertMatch(text, /^[A-Z][^]*\?[^]*\n\nRuns [^*]*\.$/, name);
  }
});

Deno.test("the nearest word is told where it is near", () => {
  const words = ["steps", "seed", "seconds", "learning-rate", "checkpoint-every", "run"];
  for (
    const [typed, meant] of [
      ["stpes", "steps"],
      ["step", "steps"],
      ["Seed", "seed"],
      ["learning", "learning-rate"],
      ["learning_rate", "learning-rate"],
      ["checkpoint-evry", "checkpoint-every"],
      ["rn", "run"],
    ] as const
  ) assertEquals(nearest(typed, words), meant, typed);
  for (const typed of ["nothing", "x", "", "temperature", "s"]) {
    assertEquals(nearest(typed, words), undefined, typed);
  }
});

Deno.test("wrapping breaks at spaces alone", () => {
  assertEquals(wrap("one two three", 7), ["one two", "three"]);
  assertEquals(wrap("a-word-longer-than-that b", 5), ["a-word-longer-than-that", "b"]);
  assertEquals(wrap("", 5), [""]);
});

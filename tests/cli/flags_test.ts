import { assertEquals, assertThrows } from "@std/assert";
import { list, number, parseFlags, text, toggle, UsageError } from "../../cli/flags.ts";

const FLAGS = {
  steps: number({ help: "", defaultValue: 9, min: -5 }),
  prompt: text({ help: "", defaultValue: "none" }),
  port: number({ help: "", defaultValue: undefined, bare: "8000" }),
  include: list({ help: "", value: "PATTERN" }),
  json: toggle({ help: "" }),
};
const parse = (...args: string[]) => {
  const { values, given, operands } = parseFlags(args, { flags: FLAGS });
  return { ...values, given: [...given], operands };
};
const NONE = { steps: 9, prompt: "none", port: undefined, include: [] as string[], json: false };

Deno.test("flags are read by name, with = or a space, in any place", () => {
  assertEquals(parse(), { ...NONE, given: [], operands: [] });
  const both = { ...NONE, steps: 3, json: true, given: ["steps", "json"], operands: ["a", "b"] };
  for (
    const line of ["a --steps 3 --json b", "--steps=3 a --json b", "--steps 3 --json=true a b"]
  ) {
    assertEquals(parse(...line.split(" ")), both);
  }
  assertEquals(parse("--json", "--json=false"), { ...NONE, given: [], operands: [] });
});

Deno.test("a value may be negative, hold = or be asked for again and again", () => {
  assertEquals(parse("--steps", "-1").steps, -1);
  assertEquals(parse("--prompt=a=b", "--", "--steps", "-x").prompt, "a=b");
  assertEquals(parse("--", "--steps", "-x", "007").operands, ["--steps", "-x", "007"]);
  assertEquals(parse("--include", "a", "--include=b").include, ["a", "b"]);
  assertEquals([parse("--port").port, parse("--port", "--json").port], [8000, 8000]);
});

Deno.test("what is no flag, or lacks its value, is refused by name", () => {
  const cases = [
    [["--step", "3"], "Cannot use --step: there is no such flag; did you mean --steps?"],
    [["--no-json"], "Cannot use --no-json: there is no such flag"],
    [["--toString"], "Cannot use --toString: there is no such flag"],
    [["-j"], "Cannot use -j: there is no such flag"],
    [["--steps"], "Cannot use --steps without N"],
    [["--steps", "--json"], "Cannot use --steps without N"],
    [["--prompt", ""], "Cannot use --prompt without TEXT"],
    [["--steps", "1", "--steps", "2"], "Cannot use --steps twice"],
    [["--json=yes"], "Cannot use --json=yes: it takes no value; write --json"],
  ] as const;
  for (const [args, message] of cases) assertThrows(() => parse(...args), UsageError, message);
});

// Expected values: the documented behaviour of @std/cli 1.x parseArgs (jsr.io/@std/cli).
import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli";
import { parseArgs as parseArgsOfSubpath } from "@std/cli/parse-args";

Deno.test("parseArgs: the documented example", () => {
  assertEquals(
    parseArgs(["--foo", "--bar=baz", "./quux.txt"]),
    { foo: true, bar: "baz", _: ["./quux.txt"] },
  );
  assertEquals(
    parseArgs(["--foo", "--bar=baz", "--no-qux", "./quux.txt"], {
      boolean: ["foo", "bar"],
      string: ["baz"],
      negatable: ["qux"],
    }),
    { foo: true, bar: true, qux: false, _: ["./quux.txt"] },
  );
  assertEquals(parseArgsOfSubpath, parseArgs);
});

Deno.test("parseArgs: a flag takes the next argument, = or nothing", () => {
  const string = ["run"] as const;
  assertEquals(parseArgs(["--run", "a"], { string }), { run: "a", _: [] });
  assertEquals(parseArgs(["--run=a=b"], { string }), { run: "a=b", _: [] });
  assertEquals(parseArgs(["--run"], { string }), { run: "", _: [] });
  assertEquals(parseArgs(["--run", "--x"], { string }), { run: "", x: true, _: [] });
  assertEquals(parseArgs([], { string }), { _: [] });
});

Deno.test("parseArgs: what looks like a number is one, unless declared a string", () => {
  assertEquals(parseArgs(["--n", "1e3", "--x=0x10", "-7", "12", "1.5.2"]), {
    n: 1000,
    x: 16,
    7: 12,
    _: ["1.5.2"],
  });
  // The original types `_` as text and numbers, whatever is declared.
  const asText: Record<string, unknown> = parseArgs(["--n", "007", "12"], { string: ["n", "_"] });
  assertEquals(asText, { n: "007", _: ["12"] });
});

Deno.test("parseArgs: a boolean flag leaves the next argument alone unless it says true or false", () => {
  const boolean = ["json"] as const;
  assertEquals(parseArgs(["--json", "page"], { boolean }), { json: true, _: ["page"] });
  assertEquals(parseArgs(["--json", "false", "page"], { boolean }), { json: false, _: ["page"] });
  assertEquals(parseArgs(["--json=false"], { boolean }), { json: false, _: [] });
  assertEquals(parseArgs([], { boolean }), { json: false, _: [] });
});

Deno.test("parseArgs: the last value counts, collected flags keep all", () => {
  const options = { string: ["one", "many"], collect: ["many"] } as const;
  assertEquals(parseArgs(["--one", "a", "--one", "b", "--many", "a", "--many", "b"], options), {
    one: "b",
    many: ["a", "b"],
    _: [],
  });
  assertEquals(parseArgs([], options), { many: [], _: [] });
});

Deno.test("parseArgs: only negatable flags can be negated", () => {
  assertEquals(parseArgs(["--no-color"], { boolean: ["color"], negatable: ["color"] }), {
    color: false,
    _: [],
  });
  assertEquals(parseArgs(["--no-color"], { boolean: ["color"] }), {
    color: false,
    "no-color": true,
    _: [],
  });
});

Deno.test("parseArgs: aliases share value, kind and default", () => {
  const options = {
    boolean: ["help"],
    string: ["run"],
    default: { run: "runs/1" },
    alias: { help: "h", run: ["r", "dir"] },
  } as const;
  assertEquals(parseArgs(["-h", "-r", "5"], options), {
    help: true,
    h: true,
    run: "5",
    r: "5",
    dir: "5",
    _: [],
  });
  assertEquals(parseArgs([], options), {
    help: false,
    h: false,
    run: "runs/1",
    r: "runs/1",
    dir: "runs/1",
    _: [],
  });
});

Deno.test("parseArgs: short flags in a group, the last takes the value", () => {
  assertEquals(parseArgs(["-abn", "5"]), { a: true, b: true, n: 5, _: [] });
});

Deno.test("parseArgs: a value may be glued to a short flag", () => {
  assertEquals(parseArgs(["-n123", "-c=5", "-f=abc=def", "-e=="]), {
    n: 123,
    c: 5,
    f: "abc=def",
    e: "=",
    _: [],
  });
  assertEquals(parseArgs(["-xyz/a/b", "-123", "456"]), {
    x: true,
    y: true,
    z: "/a/b",
    1: true,
    2: true,
    3: 456,
    _: [],
  });
});

Deno.test("parseArgs: a lone - is a value of a short flag, or plain", () => {
  assertEquals(parseArgs(["-f", "-"]), { f: "-", _: [] });
  assertEquals(parseArgs(["-f-"]), { f: "-", _: [] });
  assertEquals(parseArgs(["-"]), { _: ["-"] });
  assertEquals(parseArgs(["-b", "-"], { boolean: "b" }), { b: true, _: ["-"] });
  assertEquals(parseArgs(["-s", "-"], { string: "s" }), { s: "-", _: [] });
});

Deno.test("parseArgs: dotted names are members of members", () => {
  assertEquals(parseArgs(["--foo.bar", "3", "--foo.quux.quibble", "5", "--foo.quux.o"]), {
    foo: { bar: 3, quux: { quibble: 5, o: true } },
    _: [],
  });
  const options = { default: { "a.b": 11 }, alias: { "a.b": "aa.bb" } };
  assertEquals(parseArgs([], options), { a: { b: 11 }, aa: { bb: 11 }, _: [] });
  assertEquals(parseArgs(["--a.b", "22"], options), { a: { b: 22 }, aa: { bb: 22 }, _: [] });
  parseArgs(["--__proto__.spoilt", "1", "--constructor.prototype.spoilt", "1"]);
  assertEquals(Object.hasOwn(Object.prototype, "spoilt"), false);
});

Deno.test("parseArgs: with boolean: true each --name without = takes no value", () => {
  const args = parseArgs(["moo", "--honk", "cow", "-p", "55", "--tacos=good"], { boolean: true });
  assertEquals(args, { honk: true, tacos: "good", p: 55, _: ["moo", "cow"] });
});

Deno.test("parseArgs: with stopEarly nothing after the first plain argument is a flag", () => {
  const args = parseArgs(["--aaa", "bbb", "ccc", "--ddd"], { stopEarly: true });
  assertEquals(args, { aaa: "bbb", _: ["ccc", "--ddd"] });
});

Deno.test("parseArgs: names of Object's own members are names like others", () => {
  assertEquals(
    Object.entries(parseArgs(["--toString", "--valueOf", "foo"])).sort(),
    [["_", []], ["toString", true], ["valueOf", "foo"]],
  );
});

Deno.test("parseArgs: a negated flag forgets what was collected", () => {
  const options = {
    string: ["foo"],
    collect: ["foo"],
    negatable: ["foo"],
    alias: { foo: "f" },
  } as const;
  const args = parseArgs(["--foo", "123", "-f", "456", "--no-foo"], options);
  assertEquals(Object.entries(args).sort(), [["_", []], ["f", false], ["foo", false]]);
});

Deno.test("parseArgs: nothing after -- is a flag", () => {
  assertEquals(parseArgs(["a", "--", "--b", "c"]), { _: ["a", "--b", "c"] });
  assertEquals(parseArgs(["a", "--", "--b", "1"], { "--": true }), {
    _: ["a"],
    "--": ["--b", "1"],
  });
});

Deno.test("parseArgs: unknown sees undeclared flags and plain arguments, and may refuse them", () => {
  const seen: unknown[][] = [];
  const args = parseArgs(["--steps", "3", "--stpes=4", "-q", "file"], {
    string: ["steps"],
    unknown: (...call) => {
      seen.push(call);
      return false;
    },
  });
  assertEquals(args, { steps: "3", _: [] });
  assertEquals(seen, [["--stpes=4", "stpes", "4"], ["-q", "q", "file"]]);
});

Deno.test("parseArgs: result types", () => {
  const args = parseArgs(["--url", "a"], {
    boolean: ["json"],
    string: ["run", "url", "name"],
    collect: ["url"],
    default: { run: "here", steps: 5 },
    alias: { json: "j" },
    "--": true,
  });
  const flags: { json: boolean; j: boolean; run: string; url: string[]; "--": string[] } = args;
  const optional: string | undefined = args.name;
  // @ts-expect-error: a string flag without default may be absent
  const required: string = args.name;
  assertEquals([flags.run, flags.url, optional, required], ["here", ["a"], undefined, undefined]);
});

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { openFolder, run } from "./program.ts";
import { HAS_TERMINAL, startTask } from "./pseudo_terminal.ts";

/** Control characters but for line ends and tabs, and what reorders text. */
const STEERING = /(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
const TEXT = "one \x1b]0;title\x07 two \u009b31m three \u202e four \x7f";

Deno.test("names and fields of others reach standard error without what steers a terminal", async () => {
  await using folder = await openFolder();
  const table = "he\x1b[31mad,two\u009b2J\u202e\n1,2\n";
  await Deno.writeTextFile(join(folder.path, "a.csv"), table);
  await Deno.writeTextFile(join(folder.path, "b.txt"), "some words of text here");
  const { err } = await run(["text", "--min-chars", "1", folder.path]);
  assertStringIncludes(err, "he\\u001b[31mad");
  assert(!STEERING.test(err), JSON.stringify(err));
  const missing = await run(["text", join(folder.path, "no\x1b[31m\nerror: such")]);
  assertEquals(missing.code, 2);
  assert(!STEERING.test(missing.err), JSON.stringify(missing.err));
  assertEquals(missing.err.trimEnd().split("\n").length, 1, missing.err);
});

Deno.test("text writes exact JSON lines to a pipe", async () => {
  await using folder = await openFolder();
  await Deno.writeTextFile(join(folder.path, "a.jsonl"), JSON.stringify({ text: TEXT }) + "\n");
  const { out } = await run(["text", "--min-chars", "1", folder.path]);
  const line = out.trimEnd();
  assertEquals(JSON.stringify(JSON.parse(line)), line, "as JSON.stringify writes it");
});

Deno.test({
  name: "text in a terminal shows what steers it, inside JSON that says the same",
  ignore: !HAS_TERMINAL,
  async fn() {
    await using folder = await openFolder();
    await Deno.writeTextFile(join(folder.path, "a.jsonl"), JSON.stringify({ text: TEXT }) + "\n");
    const piped = await run(["text", "--min-chars", "1", folder.path]);
    await using task = startTask(["-q", "text", "--min-chars", "1", folder.path], { columns: 200 });
    assertEquals(await task.ended, 0);
    const line = task.text.split("\r\n").find((line) => line.startsWith("{")) ?? "";
    assert(!STEERING.test(line), JSON.stringify(task.text));
    const { text } = JSON.parse(piped.out);
    assertEquals(JSON.parse(line).text, text);
  },
});

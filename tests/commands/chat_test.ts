import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { openFolder } from "./program.ts";
import { HAS_TERMINAL, startTask } from "./pseudo_terminal.ts";
import { writeSmallModel } from "./small_model.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** What `chat` answers to lines on standard input. */
async function talk(model: string, lines: readonly string[], more: readonly string[] = []) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", MAIN, "chat", "--model", model, "--temperature", "0", ...more],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(lines.map((line) => line + "\n").join("")));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: decode(stdout), err: decode(stderr) };
}

Deno.test("chat keeps what was said, takes it back, and asks again", async () => {
  await using folder = await openFolder();
  const model = join(folder.path, "model");
  await writeSmallModel(model);
  const first = await talk(model, ["the\\", "people", "/retry", "/history"], ["--max-tokens", "3"]);
  assertEquals(first.code, 0, first.err);
  assertStringIncludes(first.err, "The model has no chat template");
  const from = first.out.indexOf("[\n");
  const history = JSON.parse(first.out.slice(from));
  assertEquals(history[0], { role: "user", content: "the\npeople" });
  const { content } = history[1];
  assertEquals(history.length, 2);
  // The answer, and the same again.
  assertEquals(first.out.slice(0, from), `${content}\n${content}\n`);

  const long = Array.from({ length: 9 }, (_, i) => `the people of this nation ${i}`);
  const commands = ["/undo", "/system Be brief.", "/nonesuch", "/history", "/retry"];
  const second = await talk(model, [...long, ...commands], ["--max-tokens", "3"]);
  assertEquals(second.code, 0, second.err);
  const left = JSON.parse(second.out.slice(second.out.lastIndexOf("[\n")));
  assertEquals(left, [{ role: "system", content: "Be brief." }]);
  assertStringIncludes(second.err, "/reset");
  assertStringIncludes(second.err, "There is no question yet");
  assertStringIncludes(second.err, "Taken back: the people of this nation 8");
  assertStringIncludes(second.err, "There is no /nonesuch");
  assert(!second.err.includes("error:"), second.err);
});

Deno.test({
  name: "chat in a terminal asks for a line, and Ctrl-C there leaves",
  ignore: !HAS_TERMINAL,
  async fn() {
    await using folder = await openFolder();
    const model = join(folder.path, "model");
    await writeSmallModel(model);
    await using task = startTask(["chat", "--model", model, "--max-tokens", "2"], { columns: 80 });
    await task.until(/> /);
    await task.type("the people\r");
    await task.until(/\r\n\r\n> /);
    await task.type("\x03");
    assertEquals(await task.ended, 130);
  },
});

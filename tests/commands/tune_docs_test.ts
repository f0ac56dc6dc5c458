import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { writeCorpus } from "./corpus.ts";
import { openFolder, start } from "./program.ts";
import { conversation, writeLines } from "./small_model.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const PAGE = new URL("../../docs/tune.md", import.meta.url);

/** As tasks do, with the permissions of each. */
const RUN = ["run", "--no-check", "--no-prompt", "--frozen", "--config", CONFIG];
/** What makes a command quick here. */
const QUICK: Readonly<Record<string, string[]>> = {
  pipeline: ["--steps", "2", "--vocab", "320"],
  tune: ["--steps", "1", "--rows", "2"],
};

Deno.test("every command of docs/tune.md does what it says, from documents and fifty conversations", async () => {
  const page = await Deno.readTextFile(PAGE);
  const commands = [...page.matchAll(/```sh\n(.*?)```/gs)]
    .flatMap(([, block = ""]) => block.trim().split("\n"));
  assert(commands.length >= 8);
  await using folder = await openFolder();
  const at = (name: string) => join(folder.path, name);
  await writeCorpus(at("notes"), { count: 12 });
  const questions = Array.from({ length: 50 }, (_, i) => conversation(`How many? ${i}`, "Two."));
  await writeLines(at("conversations.jsonl"), questions);
  await writeLines(at("questions.jsonl"), [{ question: "How many?", answer: "Two." }]);
  await writeLines(
    at("pairs.jsonl"),
    Array.from({ length: 10 }, () => ({ prompt: "How many?", chosen: "Two.", rejected: "No." })),
  );
  for (const command of commands) {
    const [deno, task, name = "", ...args] = command.split(" ");
    assertEquals([deno, task], ["deno", "task"], command);
    if (name === "serve") {
      const absolute = args.map((word) => word.startsWith("runs/") ? at(word) : word);
      await using program = start(["serve", ...absolute, "--port", "0"]);
      await program.line(/Adapters by model name: adapter/);
      continue;
    }
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...RUN, `--permission-set=${name}`, MAIN, name, ...QUICK[name] ?? [], ...args],
      cwd: folder.path,
      stdin: "null",
    }).output();
    assertEquals(code, 0, `${command}: ${new TextDecoder().decode(stderr)}`);
  }
});

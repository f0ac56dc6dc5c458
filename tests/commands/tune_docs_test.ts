import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { join } from "node:path";
import { writeCorpus } from "./corpus.ts";
import { openFolder, start } from "./program.ts";
import { conversation, writeLines } from "./small_model.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const PAGE = new URL("../../docs/tune.md", import.meta.url);

/** As tasks do, with the permissions of each. */
const RUN = ["run", "--no-check", "--no-prompt", "--frozen", "--config", CONFIG];
/** What makes a command quick here; the page's own first tuning takes its time. */
function quick(name: string, command: string): string[] {
  if (name === "pipeline") return ["--steps", "2", "--vocab", "320"];
  const isFirst = command.includes("--run runs/answers ");
  return name === "tune" && !isFirst ? ["--steps", "1", "--rows", "2"] : [];
}

const WORDS = ["red", "blue", "green", "white", "black", "brown", "pink", "grey", "gold", "lilac"];
/** Five ways to ask for each of ten things. */
const ASKED = Array.from({ length: 50 }, (_, i) => ({
  question: `${["Say", "Tell", "Name", "Give", "Write"][i % 5]} ${Math.floor(i / 5)}.`,
  answer: `${WORDS[Math.floor(i / 5)]}.`,
}));

Deno.test("every command of docs/tune.md does what it says, from documents and fifty conversations", async () => {
  const page = await Deno.readTextFile(PAGE);
  const commands = [...page.matchAll(/```sh\n(.*?)```/gs)]
    .flatMap(([, block = ""]) => block.trim().split("\n"));
  assert(commands.length >= 8);
  await using folder = await openFolder();
  const at = (name: string) => join(folder.path, name);
  await writeCorpus(at("notes"), { count: 12 });
  await writeLines(
    at("conversations.jsonl"),
    ASKED.map(({ question, answer }) => conversation(question, answer)),
  );
  await writeLines(at("questions.jsonl"), ASKED);
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
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...RUN, `--permission-set=${name}`, MAIN, name, ...quick(name, command), ...args],
      cwd: folder.path,
      stdin: "null",
    }).output();
    assertEquals(code, 0, `${command}: ${new TextDecoder().decode(stderr)}`);
    if (name !== "eval") continue;
    const out = new TextDecoder().decode(stdout);
    const right = [...out.matchAll(/^(\S+) .* 50 +([\d.]+) ±/gm)].map(([, model, share]) => ({
      model,
      share: Number(share),
    }));
    assertEquals(right.map(({ model }) => model), ["runs/notes", "runs/answers"], out);
    assertEquals(right[0]?.share, 0);
    // 45 were taught.
    assertGreaterOrEqual(right[1]?.share ?? 0, 0.9);
  }
});

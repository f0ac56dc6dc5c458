import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { describeReference } from "../../commands/reference.ts";
import { openFolder } from "./program.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Text without what formatting may change. */
function words(text: string): string {
  return text.replace(/-{2,}|[\s|]+/g, " ");
}

Deno.test("docs/reference.md says what the flags say", async () => {
  const page = await Deno.readTextFile(join(ROOT, "docs/reference.md"));
  assertEquals(words(page), words(await describeReference()), "run deno task docs");
});

Deno.test("the guide and the README name only tasks and flags that there are", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const reference = await describeReference();
  for (const name of ["README.md", "docs/guide.md", "docs/troubleshooting.md"]) {
    const page = await Deno.readTextFile(join(ROOT, name));
    for (const [, task = ""] of page.matchAll(/deno task ([a-z]+)/g)) {
      assert(Object.hasOwn(tasks, task), `${name}: there is no task ${task}`);
    }
    for (const [line, task = ""] of page.matchAll(/^deno task ([a-z]+) .*$/gm)) {
      const section = reference.split(`\n## ${task}\n`)[1]?.split("\n## ")[0];
      if (section === undefined) continue;
      for (const [flag] of line.matchAll(/--[a-z-]+/g)) {
        assert(section.includes(`\`${flag}`), `${name}: ${task} has no ${flag}`);
      }
    }
  }
});

/** The commands in the `sh` blocks of a page, in order. */
async function commandsOf(page: string): Promise<string[]> {
  const text = await Deno.readTextFile(join(ROOT, page));
  return [...text.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = ""]) =>
    block.replaceAll("\\\n", "").split("\n").map((line) => line.replace(/\s+#.*$/, "").trim())
      .filter(Boolean)
  );
}

/** Settings that make each command of the guide small; what needs another's site is left out. */
const SMALL = "--steps 6 --max-pages 110 --vocab 300 --preset tiny";

Deno.test("every command of the guide runs from a fresh clone, small", async () => {
  await using folder = await openFolder();
  const clone = join(folder.path, "clone");
  await runIn(folder.path, ["git", "clone", "--quiet", "--no-hardlinks", ROOT, clone]);
  // The packages and the built kernels are those of this tree: the test is of the commands.
  await Deno.symlink(join(ROOT, "node_modules"), join(clone, "node_modules"));
  await Deno.mkdir(join(clone, "notes"));
  const text = Array.from(
    { length: 400 },
    (_, i) => `Sentence ${i} of a note about note ${i % 17}.`,
  );
  for (let i = 0; i < 12; i++) {
    await Deno.writeTextFile(
      join(clone, `notes/${i}.txt`),
      `${text.join(" ")} And the end of ${i}.`,
    );
  }
  await Deno.writeTextFile(join(clone, "book.txt"), text.reverse().join("\n"));
  const ran: string[] = [];
  // The README's own commands take a minute more: `deno task soak` runs them too.
  const pages = Deno.env.get("CLLM_README") ? ["docs/guide.md", "README.md"] : ["docs/guide.md"];
  const commands = (await Promise.all(pages.map(commandsOf))).flat();
  for (const command of commands) {
    if (/https?:|posts\.jsonl|deno task test|^(?!deno task)/.test(command)) continue;
    const isNew = command.includes("pipeline") &&
      !ran.some((other) => runOf(other) === runOf(command));
    const small = isNew
      ? `${command.replace(/--steps \d+/, "").replace("--dashboard", "--dashboard=0")} ${SMALL}`
      : command;
    await runUntilDone(
      clone,
      small.split(/\s+(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((word) => word.replaceAll('"', "")),
    );
    ran.push(command);
  }
  assert(ran.length >= 6, ran.join("\n"));
});

function runOf(command: string): string | undefined {
  return /runs\/\w+/.exec(command)?.[0];
}

async function runIn(cwd: string, [program = "", ...args]: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args, cwd }).output();
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  assertEquals(code, 0, `${program} ${args.join(" ")}\n${said}`);
}

/** Runs a command; a server is asked to stop once it says where it listens. */
async function runUntilDone(
  cwd: string,
  [program = "", ...args]: readonly string[],
): Promise<void> {
  const isServer = /^(serve|dashboard)$/.test(args[1] ?? "");
  if (!isServer) return await runIn(cwd, [program, ...args]);
  const child = new Deno.Command(program, {
    args: [...args, "--port", "0"],
    ...{ cwd, stdout: "piped", stderr: "piped" },
  }).spawn();
  let said = "";
  // The output of `serve` is its log; what it has to say goes to the standard error.
  const output = args[1] === "serve" ? child.stderr : child.stdout;
  for await (const part of output.pipeThrough(new TextDecoderStream())) {
    said += part;
    if (/ on http:/.test(said)) break;
  }
  assert(/ on http:/.test(said), said);
  child.kill("SIGTERM");
  const { code } = await child.status;
  // `deno task` tells of the signal it passed on.
  assert(code === 0 || code === 143, `${args.join(" ")} ended with ${code}`);
}

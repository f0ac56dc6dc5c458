/**
 * The way of someone new: every command of the guide and the README, in their order, typed into a
 * shell in a fresh clone. A site on this machine stands in for example.org. In the suite runs are
 * made small and the packages are this tree's; with CLLM_README=1 the built-in sample is trained as
 * it is written there, packages are installed anew, and the output is compared with the README's.
 * `deno task test` would run this test again; what stands in prose alone is not run.
 */
import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { prose, serveChain, writeCorpus } from "./corpus.ts";
import { isThere, openFolder } from "./program.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const IS_WHOLE = Deno.env.get("CLLM_README") === "1";
/** What makes the runs of a page small. */
const SMALL = "--steps 6";
/** Of sites, as far as they are not files. */
const FEW_PAGES = "--max-pages 110";

/** The commands in the `sh` blocks of a page, in order. */
async function commandsOf(page: string): Promise<string[]> {
  const text = await Deno.readTextFile(join(ROOT, page));
  return [...text.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = ""]) =>
    block.replaceAll("\\\n", "").split("\n").map((line) => line.replace(/\s+#.*$/, "").trim())
      .filter(Boolean)
  );
}

/** A clone of the last commit, with the files that the pages speak of. */
async function clone(folder: string): Promise<string> {
  const path = join(folder, "clone");
  await ended(folder, `git clone --quiet --no-hardlinks '${ROOT}' clone`);
  if (!IS_WHOLE) await Deno.symlink(join(ROOT, "node_modules"), join(path, "node_modules"));
  await writeCorpus(join(path, "notes"), { count: 12 });
  await Deno.writeTextFile(join(path, "book.txt"), prose(100, { words: 2000 }));
  const posts = [200, 201].map((index) => JSON.stringify({ text: prose(index) }) + "\n").join("");
  const gzipped = new Response(posts).body?.pipeThrough(new CompressionStream("gzip"));
  await Deno.writeFile(join(path, "posts.jsonl.gz"), gzipped ?? new Uint8Array());
  return path;
}

/** Runs a command line to its end; what it said. */
async function ended(cwd: string, line: string): Promise<string> {
  const { code, stdout, stderr } = await shell(cwd, line).output();
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  assertEquals(code, 0, `${line}\n${said}`);
  return said;
}

function shell(cwd: string, line: string): Deno.Command {
  return new Deno.Command("sh", {
    args: ["-c", `exec ${line}`],
    env: { NO_COLOR: "1" },
    cwd,
    stdout: "piped",
    stderr: "piped",
  });
}

/** A server that a command started. */
interface Server extends AsyncDisposable {
  readonly origin: string;
}

/** Starts a server and waits until it says where it listens; disposing asks it to stop. */
async function startServer(cwd: string, line: string): Promise<Server> {
  const child = shell(cwd, `${line} --port 0 2>&1`).spawn();
  const errors = child.stderr.cancel();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const read = async () => {
    let said = "";
    // To the end: a program whose output nobody takes would stand still.
    for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
      said += part;
      const origin = / on (http:\/\/[^\s/]+)[\s/]/.exec(said)?.[1];
      if (origin !== undefined) resolve(origin);
    }
    reject(new Error(`${line} ended before it listened\n${said}`));
    return said;
  };
  const output = read();
  const origin = await promise;
  return {
    origin,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      const { code } = await child.status;
      await errors;
      // `deno task` tells of the signal it passed on.
      assert(code === 0 || code === 143, `${line} ended with ${code}\n${await output}`);
    },
  };
}

/** What the page before it has crawled, by the name of a file of Common Crawl. */
async function copyWarc(cwd: string): Promise<void> {
  const dir = join(cwd, "runs/site/warc");
  for await (const { name } of Deno.readDir(dir)) {
    await Deno.copyFile(join(dir, name), join(cwd, `CC-MAIN-${name}`));
  }
}

/** Runs all commands of a page; what each said. */
async function walk(cwd: string, page: string): Promise<Map<string, string>> {
  const said = new Map<string, string>();
  const begun = new Set<string>();
  await using site = serveChain({ pages: 12 });
  await using servers = new AsyncDisposableStack();
  let origin = "";
  for (const command of await commandsOf(page)) {
    if (command === "deno task test") continue;
    if (/^deno task (serve|dashboard)/.test(command)) {
      const server = servers.use(await startServer(cwd, command));
      if (command.includes("serve")) ({ origin } = server);
      said.set(command, "");
      continue;
    }
    if (command.includes("CC-MAIN-")) await copyWarc(cwd);
    let line = command.replace("http://127.0.0.1:8000", origin)
      .replace(/--dashboard\b/, "--dashboard=0")
      .replace(/https:\/\/example\.org\/\S*/, `--allow-private ${site.origin}/0`);
    if (/^deno task pipeline/.test(command)) {
      const run = /--run (\S+)/.exec(command)?.[1] ?? "runs/default";
      const isSample = command === "deno task pipeline" || command.includes("--steps");
      const isLeft = begun.has(run) || (IS_WHOLE && isSample);
      const few = /notes\/|warc/.test(line) ? "" : FEW_PAGES;
      // A run that starts from a model has its vocabulary.
      const vocab = line.includes("--init") ? "" : "--vocab 300";
      if (!isLeft) line = `${line.replace(/--steps \d+/, "")} ${SMALL} ${vocab} ${few}`;
      begun.add(run);
    }
    said.set(command, await ended(cwd, line));
  }
  return said;
}

Deno.test("every command of the guide runs in a fresh clone", async () => {
  await using folder = await openFolder();
  const path = await clone(folder.path);
  const said = await walk(path, "docs/guide.md");
  assert(said.size >= 8, [...said.keys()].join("\n"));
  assert(await isThere(join(path, "runs/docs/report.html")));
});

Deno.test({
  name: "every command of the README runs in a fresh clone, and prints what it says there",
  ignore: !IS_WHOLE,
  async fn() {
    await using folder = await openFolder();
    const said = await walk(await clone(folder.path), "README.md");
    const trained = said.get("deno task pipeline") ?? "";
    const [, shown = ""] = /```\n(collecting documents.*?)```/s.exec(
      await Deno.readTextFile(join(ROOT, "README.md")),
    ) ?? [];
    for (const pattern of [/^Pages: .*$/m, /^Trained .*$/m, /^step 1\/1320 +loss \d\.\d\d/m]) {
      assertEquals(pattern.exec(trained)?.[0], pattern.exec(shown)?.[0]);
    }
    // In the last digits machines differ.
    const validation = (text: string) => Number(/^Validation loss (\S+)/m.exec(text)?.[1]);
    assertAlmostEquals(validation(trained), validation(shown), 0.03);
    const streamed = [...said].find(([command]) => command.startsWith("curl"))?.[1] ?? "";
    assertMatch(streamed, /^data: \{.*\n\ndata: \[DONE\]/ms);
  },
});

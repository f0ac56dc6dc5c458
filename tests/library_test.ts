// The programs of docs/library.md, run as a user's own: from a folder outside of the checkout.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { startSampleSite } from "../sample_site/site.ts";
import { writeCorpus } from "./commands/corpus.ts";
import { openFolder, run } from "./commands/program.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const page = await Deno.readTextFile(join(ROOT, "docs/library.md"));
const blocks = (language: string) =>
  Array.from(
    page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms")),
    ([, code = ""]) => code,
  );
const [config = ""] = blocks("json");
const [train = "", crawl = "", serve = "", stage = ""] = blocks("ts");

/** A folder with the page's deno.json, whose links lead to this checkout, and a program. */
async function outside(program: string) {
  const folder = await openFolder();
  const links = config.replaceAll('"../cllm', `"${ROOT.replace(/\/$/, "")}`);
  await Deno.writeTextFile(join(folder.path, "deno.json"), links);
  await Deno.writeTextFile(join(folder.path, "program.ts"), program);
  const start = (...args: string[]) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--check", "--allow-all", "program.ts", ...args],
      cwd: folder.path,
      env: { NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    });
  return { start, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

async function output(command: Deno.Command): Promise<string> {
  const { code, stdout, stderr } = await command.output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(code, 0, `${out}${err}`);
  return out ?? "";
}

Deno.test("library: the programs have at most 30 lines", () => {
  for (const program of [train, crawl, serve, stage]) {
    const lines = program.split("\n").filter((line) => line.trim() !== "");
    assert(lines.length > 0 && lines.length <= 40, `${lines.length} lines:\n${program}`);
  }
});

Deno.test("library: own documents through an own stage are trained on, and text comes out", async () => {
  await using program = await outside(train);
  const lines = (await output(program.start())).trimEnd().split("\n");
  const losses = lines.slice(0, 20).map((line) => Number(line.split(" ")[1]));
  // ln 300 is 5.7: what knows nothing loses.
  assert(
    losses.every(Number.isFinite) && (losses[0] ?? 0) > 4 && (losses[19] ?? 9) < 2,
    `${losses}`,
  );
  assertMatch(lines.slice(20).join("\n"), /are|red|violet|blue/);
});

Deno.test("library: crawl and extract alone give documents to a loop", async () => {
  await using site = await startSampleSite();
  await using program = await outside(crawl);
  const lines = (await output(program.start(`${site.origin}/`))).trimEnd().split("\n");
  const documents = lines.map((line) => JSON.parse(line));
  assert(documents.length > 3 && documents.every(({ characters }) => characters > 0));
  assertEquals(new Set(documents.map(({ url }) => url)).size, documents.length);
});

Deno.test("library: an engine answers in an application of the user's own", async () => {
  await using folder = await openFolder();
  await writeCorpus(join(folder.path, "corpus"), { count: 12 });
  const runDir = join(folder.path, "run");
  const args = ["pipeline", "--run", runDir, "--steps", "2", "--vocab", "320", "--json"];
  const trained = await run([...args, join(folder.path, "corpus")]);
  assertEquals(trained.code, 0, trained.err);
  await using program = await outside(serve);
  await using server = program.start(join(runDir, "checkpoints/step-000002"), "0").spawn();
  const said = server.stdout.pipeThrough(new TextDecoderStream());
  const errors = server.stderr.pipeThrough(new TextDecoderStream());
  let origin: string | undefined;
  for await (const part of errors) {
    origin ??= /http:\/\/[^\s/]+/.exec(part)?.[0];
    if (origin !== undefined) break;
  }
  const response = await fetch(`${origin}/continue/Two%20years`);
  assertEquals(response.status, 200);
  assert((await response.text()).length > 0);
  await said.cancel();
  server.kill("SIGKILL");
});

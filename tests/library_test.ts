// The programs of docs/library.md, run as a user's own: from a folder outside of the checkout.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { serveChain, writeCorpus } from "./commands/corpus.ts";
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
    assert(lines.length > 0 && lines.length <= 30, `${lines.length} lines:\n${program}`);
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
  await using site = serveChain({ pages: 6 });
  await using program = await outside(crawl);
  const lines = (await output(program.start(`${site.origin}/0`))).trimEnd().split("\n");
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
  const said = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value: origin = "" } = await said.read();
  const response = await fetch(new URL("continue/Two%20years", origin.trim()));
  assertEquals(response.status, 200);
  assert((await response.text()).length > 0);
  server.kill("SIGTERM");
  await Promise.all([said.cancel(), server.stderr.cancel(), server.status]);
});

Deno.test("library: a stage of the user's own takes part in a run, and in its provenance", async () => {
  await using folder = await openFolder();
  const at = (name: string) => join(folder.path, name);
  await writeCorpus(at("corpus"), { count: 12 });
  await Deno.writeTextFile(at("short.txt"), "Too Short for this filter, ".repeat(12));
  const filter = at("my_filter.ts");
  await Deno.writeTextFile(filter, stage);
  const begin = ["pipeline", "--run", at("run"), "--steps", "2", "--vocab", "320", "--json"];
  const args = [...begin, "--stage", `refine:${filter}`, at("corpus"), at("short.txt")];
  const trained = await run(args);
  assertEquals(trained.code, 0, trained.err);
  const { settings } = JSON.parse(await Deno.readTextFile(at("run/run.json")));
  const text = new TextEncoder().encode(stage);
  const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", text)).toHex();
  assertEquals(settings.stages, [{ after: "refine", path: filter, sha256 }]);
  const state = await Deno.readTextFile(at("run/checkpoints/step-000002/state.json"));
  assertEquals(JSON.parse(state).run.settings.stages, settings.stages);
  const [drop = ""] = (await Deno.readTextFile(at("run/dropped.jsonl"))).trimEnd().split("\n");
  assertEquals(JSON.parse(drop).reason, "custom-stage");
  const { out } = await run(["text", "--stage", `refine:${filter}`, at("corpus")]);
  const texts = out.trimEnd().split("\n").map((line) => JSON.parse(line).text);
  assert(texts.length === 12 && texts.every((text) => text === text.toLowerCase()), texts[0]);
  // Another module is another run.
  await Deno.writeTextFile(filter, `${stage}\n`);
  const again = await run(args);
  assertEquals(again.code, 2, again.out);
  assertMatch(again.err, /--stage .* \(began with .*/);
});

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname, join } from "node:path";
import { countPassedOver } from "../../run/passed_over.ts";
import { readSettings, runPaths } from "../../run/folder.ts";
import { prose } from "./corpus.ts";
import { openFolder, run } from "./program.ts";

const SHORT = ["--steps", "2", "--vocab", "300", "--workers", "1"];

async function write(root: string, files: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(join(root, dirname(name)), { recursive: true });
    await Deno.writeTextFile(join(root, name), text);
  }
}

Deno.test("a project's folder: what is left out is two lines, and a run inside is not read", async () => {
  await using folder = await openFolder();
  const root = folder.path;
  await write(root, {
    ".gitignore": "out/\n",
    ".git/notes.md": prose(90),
    "node_modules/a/readme.md": prose(91),
    "out/b.md": prose(92),
    ...Object.fromEntries([1, 2, 3, 4].map((i) => [`docs/${i}.md`, prose(i)])),
    ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((i) => [`img/${i}.PNG`, "\x89PNG"])),
    "img/a.css": "a {}",
    "Makefile": "all:\n",
  });
  const dir = join(root, "runs", "mine");
  const first = await run(["pipeline", "--run", dir, ...SHORT, root]);
  assertEquals([first.code, first.err], [0, ""], first.out);
  assertStringIncludes(
    first.out,
    "\n8 files of kinds not read: .png 6, .css 1, without an ending 1\n" +
      "Passed over in folders: .git 1, hidden 1, node_modules 1, named by .gitignore 1, " +
      "of this run itself 1 (--all-files reads them)\n",
  );
  assert(!/^dropped/m.test(first.out), first.out);
  assertStringIncludes(first.out, "4 documents kept, 8 dropped (unsupported-type 8), listed in ");
  const listed = (await Deno.readTextFile(join(dir, "dropped.jsonl"))).trimEnd().split("\n");
  assertEquals(listed.length, 8);
  assertEquals((await readSettings(runPaths(dir)))?.allFiles, false);

  // The setting is part of the run, and what it does is the same on standard error of `text`.
  const other = await run(["pipeline", "--run", dir, "--all-files"]);
  assertEquals(other.code, 2);
  assertStringIncludes(other.err, "--all-files true (began with false)");
  const all = await run(["text", "--all-files", "--output", join(root, "x.jsonl"), root]);
  assertEquals(all.code, 0, all.err);
  assert(!all.err.includes("Passed over"), all.err);
  assertStringIncludes(await Deno.readTextFile(join(root, "x.jsonl")), "node_modules/a/readme.md");
});

Deno.test("pipeline and text follow the links that --include and --exclude say", async () => {
  await using folder = await openFolder();
  const links = ["/docs/a", "/docs/b", "/docs/old/c", "/blog/d"];
  const page = (text: string) =>
    new Response(
      `<html><body><main><p>${text}</p></main>${
        links.map((link) => `<a href="${link}">${link}</a>`).join(" ")
      }</body></html>`,
      { headers: { "content-type": "text/html" } },
    );
  await using site = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const { pathname } = new URL(request.url);
      const index = ["/", ...links].indexOf(pathname);
      return index < 0 ? new Response("none", { status: 404 }) : page(prose(index));
    },
  );
  const origin = `http://127.0.0.1:${site.addr.port}`;
  const pace = ["--allow-private", "--delay", "0"];
  const border = ["--include", "*/docs/*", "--exclude", "*/old/*"];
  const text = await run(["text", ...pace, ...border, `${origin}/`]);
  const urls = text.out.trimEnd().split("\n").map((line) => JSON.parse(line).url);
  assertEquals(urls.sort(), ["/", "/docs/a", "/docs/b"].map((path) => origin + path));

  const dir = join(folder.path, "run");
  const trained = await run(["pipeline", "--run", dir, ...SHORT, ...pace, ...border, `${origin}/`]);
  assertEquals(trained.code, 0, trained.err);
  assertStringIncludes(trained.out, "3 documents kept");
  const { include, exclude, delayMs } = await readSettings(runPaths(dir)) ?? {};
  assertEquals({ include, exclude, delayMs }, {
    include: ["*/docs/*"],
    exclude: ["*/old/*"],
    delayMs: 0,
  });
});

Deno.test("kinds are told the most frequent first, eight of them, and their number is bounded", () => {
  const passed = countPassedOver();
  assertEquals(passed.lines(), []);
  passed.drop({});
  assertEquals(passed.lines(), []);
  for (let kind = 0; kind < 1200; kind++) passed.drop({ kind: `.${kind}` });
  for (let i = 0; i < 3; i++) passed.drop({ kind: ".7" });
  assertEquals(passed.lines(), [
    "1203 files of kinds not read: other 200, .7 4, .0 1, .1 1, .10 1, .100 1, .101 1, .102 1, " +
    "993 of 993 more kinds",
  ]);
  passed.skip("excepted");
  assertEquals(passed.lines().at(-1), "Passed over in folders: of this run itself 1");
});

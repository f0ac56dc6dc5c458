import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { prose, serveChain } from "../commands/corpus.ts";
import { openFolder, run } from "../commands/program.ts";

const SHORT = ["--steps", "2", "--vocab", "300", "--workers", "2"];

async function write(folder: string, files: Readonly<Record<string, string | Uint8Array>>) {
  for (const [name, content] of Object.entries(files)) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(join(folder, name), bytes);
  }
}

/** The drops that a run listed, by the name of their file. */
async function dropsOf(runDir: string): Promise<Record<string, string>> {
  const lines = (await Deno.readTextFile(join(runDir, "dropped.jsonl"))).trimEnd().split("\n");
  return Object.fromEntries(lines.map((line) => {
    const { item, reason } = JSON.parse(line);
    return [String(item).split("/").at(-1), reason];
  }));
}

Deno.test("files of every form and addresses go together, and bad ones are named", async () => {
  await using folder = await openFolder();
  await using site = serveChain({ pages: 1 });
  await write(folder.path, {
    "a.txt": prose(1),
    "b.md": `# Title\n\n${prose(2)}\n`,
    "c.html": `<html><body><main><p>${prose(3)}</p></main></body></html>`,
    "d.jsonl": `${JSON.stringify({ text: prose(4) })}\n{broken\n${
      JSON.stringify({ text: prose(5) })
    }\n`,
    "e.txt.gz": gzipSync(prose(6)),
    "f.txt.gz": gzipSync(prose(7)).subarray(0, 300),
    "g.txt": "too short",
  });
  const runDir = join(folder.path, "run");
  const names = ["a.txt", "b.md", "c.html", "d.jsonl", "e.txt.gz", "f.txt.gz", "g.txt"];
  const paths = names.map((name) => join(folder.path, name));
  const { code, out, err } = await run(
    ["pipeline", "--run", runDir, ...SHORT, "--allow-private", ...paths, `${site.origin}/0`],
  );
  assertEquals([code, err], [0, ""], out);
  assertMatch(
    out,
    /^dropped .*f\.txt\.gz: malformed \(the compressed data is broken or ends early/m,
  );
  assertMatch(out, /^dropped .*d\.jsonl#line=2: malformed /m);
  assert(!out.includes("g.txt"), "what is routine is counted, not told");
  assertStringIncludes(
    out,
    `Pages: 10 seen, 7 documents kept, 3 dropped (malformed 2, too-short 1), ` +
      `listed in ${runDir}/dropped.jsonl\n`,
  );
  assertEquals(await dropsOf(runDir), {
    "d.jsonl#line=2": "malformed",
    "f.txt.gz": "malformed",
    "g.txt": "too-short",
  });
});

Deno.test("of many failures for one reason five are told", async () => {
  await using folder = await openFolder();
  const records = Array.from({ length: 9 }, () => "{broken");
  await write(folder.path, {
    "a.jsonl": [JSON.stringify({ text: prose(1, { words: 4000 }) }), ...records].join("\n"),
  });
  const runDir = join(folder.path, "run");
  const args = ["pipeline", "--run", runDir, ...SHORT, join(folder.path, "a.jsonl")];
  const { code, out } = await run(args);
  assertEquals(code, 0, out);
  assertEquals(out.match(/^dropped /gm)?.length, 5);
  assertStringIncludes(
    out,
    `the next ones dropped as malformed are not shown here; they are in ${runDir}/dropped.jsonl\n`,
  );
  assertStringIncludes(out, "9 dropped (malformed 9)");
});

Deno.test("a corpus without a document is refused with the reasons, and can be mended", async () => {
  await using folder = await openFolder();
  const [short, empty] = [join(folder.path, "short.txt"), join(folder.path, "empty.txt")];
  await write(folder.path, { "short.txt": "too short", "empty.txt": "" });
  const runDir = join(folder.path, "run");
  const first = await run(["pipeline", "--run", runDir, ...SHORT, short, empty]);
  assertEquals(first.code, 2);
  assertEquals(
    first.err,
    `error: Cannot train: no document came out of 2 pages (dropped empty 1, too-short 1); see ` +
      `${runDir}/dropped.jsonl, and start again with a lower --min-chars, other sources or settings\n`,
  );
  await Deno.writeTextFile(short, prose(1, { words: 4000 }));
  // What no document was made with can be changed.
  const second = await run(["pipeline", "--run", runDir, "--steps", "3"]);
  assertEquals([second.code, second.err], [0, ""]);
  assertStringIncludes(second.out, "No validation: the corpus has no held-out document");
  assertStringIncludes(second.out, "Trained 3 steps");
  assert(!second.out.includes("NaN"));
});

Deno.test("index pages of the sample site are counted and not told", async () => {
  await using folder = await openFolder();
  const { code, out, err } = await run(
    ["pipeline", "--run", join(folder.path, "run"), "--steps", "1", "--max-pages", "90"],
  );
  assertEquals([code, err], [0, ""], out);
  assertMatch(out, /^Pages: 90 seen, 16 documents kept, 74 dropped \(no-text 74\), listed in /m);
  assert(!/^dropped/m.test(out));
});

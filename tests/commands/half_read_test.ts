import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { prose } from "./corpus.ts";
import { openFolder, run, start } from "./program.ts";

/** Resolves once a file of this name is in the folder, which is made first. */
async function appears(folder: string, name: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  using watcher = Deno.watchFs(folder);
  for await (const { paths } of watcher) if (paths.some((path) => path.endsWith(name))) return;
}

Deno.test("a run killed in the middle of a file goes on behind what it had read", async () => {
  await using folder = await openFolder();
  const file = join(folder.path, "records.jsonl.gz");
  const words = { words: 4000 };
  const records = Array.from({ length: 320 }, (_, i) => JSON.stringify({ text: prose(i, words) }));
  await Deno.writeFile(file, gzipSync(records.join("\n") + "\n"));
  // A second way to a file read before: a document counts once, in one session or in many.
  const sources = [file, file];
  const flags = ["--steps", "2", "--vocab", "300", "--json"];
  const manifestOf = async (runDir: string) =>
    JSON.parse(await Deno.readTextFile(join(runDir, "manifest.json")));
  const calm = join(folder.path, "calm");
  const undisturbed = await run([
    "pipeline",
    "--run",
    calm,
    "--workers",
    "2",
    ...flags,
    ...sources,
  ]);
  assertEquals([undisturbed.code, undisturbed.err], [0, ""]);
  const expected = await manifestOf(calm);
  assertEquals(expected.corpus.documents, 320);

  const runDir = join(folder.path, "stormy"), corpus = join(runDir, "corpus");
  const marked = appears(corpus, "mark.json");
  {
    await using program = start(
      ["pipeline", "--run", runDir, "--workers", "1", ...flags, ...sources],
    );
    await program.until(marked);
    program.kill("SIGKILL");
    await program.ended;
  }
  const { cursors, documents } = JSON.parse(await Deno.readTextFile(join(corpus, "mark.json")));
  assertEquals([cursors.read.files, cursors.read.path], [0, file]);
  assert(cursors.read.pages < 320 && documents === cursors.read.pages, `${documents} documents`);
  const again = await run(["pipeline", "--run", runDir, "--workers", "2", "--json"]);
  // The kill may have come in the middle of a write.
  assertEquals([again.code, again.err.replace(/^Cut \d+ bytes off .*\n/, "")], [0, ""]);
  assertEquals(await manifestOf(runDir), expected);
});

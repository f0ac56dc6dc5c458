/**
 * Folders full of documents that are meant badly go through `text` and `pipeline`: each is read or
 * counted with a reason, in bounded memory, and nothing is left running. `CLLM_HOSTILE` says how many;
 * `deno task soak` takes a thousand, two of which hang until they are given up.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { writeCorpus } from "./corpus.ts";
import { hostileDocument, KINDS } from "./hostile_documents.ts";
import { openFolder } from "./program.ts";
import type { Watched } from "./watch_memory.ts";

const COUNT = Number(Deno.env.get("CLLM_HOSTILE") ?? KINDS);
const HANGING = COUNT > KINDS ? 2 : 0;
const MAX_MIB = 400;
const WATCH = new URL("./watch_memory.ts", import.meta.url).pathname;

/** Runs the program, and watches what it and its children take. */
async function watched(args: readonly string[]): Promise<Watched> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", WATCH, ...args],
  }).output();
  const json = new TextDecoder().decode(stdout);
  assert(json !== "", new TextDecoder().decode(stderr));
  return JSON.parse(json);
}

const linesOf = async (path: string) =>
  (await Deno.readTextFile(path)).split("\n").filter((line) => line !== "").map((line) =>
    JSON.parse(line)
  );

/** Names of the files of which something came out or was dropped. */
const filesOf = (entries: readonly { url?: string; item?: string }[], root: string) =>
  entries.map(({ url, item }) => {
    const address = (url ?? item ?? "").replace(/^file:\/\//, "");
    return address.startsWith(root) ? address.slice(root.length + 1).split(/[#/]/)[0] ?? "" : "";
  });

Deno.test({
  name: `${COUNT} hostile documents of every format go through text and pipeline`,
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using folder = await openFolder();
    const hostile = join(folder.path, "hostile"), good = join(folder.path, "good");
    await Deno.mkdir(hostile);
    await writeCorpus(good, { count: 20 });
    const names: string[] = [];
    for (let number = 0; number < COUNT; number++) {
      const { name, content } = hostileDocument(number, { hangs: number < HANGING });
      await Deno.writeFile(join(hostile, name), content);
      names.push(name);
    }
    const out = join(folder.path, "out.jsonl"), dropped = join(folder.path, "dropped.jsonl");
    const text = await watched(["text", "--output", out, "--dropped", dropped, hostile, good]);
    assertEquals([text.code, text.left], [0, []], text.said);
    const counts = /Pages: (\d+) seen, (\d+) documents? kept, (\d+) dropped/.exec(text.said);
    assert(counts, text.said);
    assertEquals(Number(counts[1]), Number(counts[2]) + Number(counts[3]));
    const drops = await linesOf(dropped);
    assert(drops.every(({ reason, detail }) => reason !== "" && detail !== ""));
    const known = new Set([...filesOf(await linesOf(out), hostile), ...filesOf(drops, hostile)]);
    assertEquals(names.filter((name) => !known.has(name)), [], "neither read nor dropped");
    const hanging = drops.filter(({ item }) => item.includes("/hanging"));
    assertEquals(hanging.map(({ reason }) => reason), Array(HANGING).fill("timeout"));

    const runDir = join(folder.path, "run");
    const flags = ["--run", runDir, "--steps", "2", "--vocab", "300", "--leaves", "2"];
    const run = await watched(["pipeline", ...flags, hostile, good]);
    assertEquals([run.code, run.left], [0, []], run.said);
    assertMatch(run.said, /dropped \(/);
    if (Deno.env.has("CLLM_HOSTILE")) {
      console.log(counts[0], { text: text.peakMib, pipeline: run.peakMib });
    }
    assert(text.peakMib <= MAX_MIB, `text took ${text.peakMib} MiB`);
    assert(run.peakMib <= MAX_MIB, `pipeline took ${run.peakMib} MiB`);
  },
});

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

const COUNT = Number(Deno.env.get("CLLM_HOSTILE") ?? KINDS);
const HANGING = COUNT > KINDS ? 2 : 0;
const MAX_MIB = 400;
const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** A file of /proc; nothing once the process is gone. */
function ofProcess(pid: number, file: string): string | undefined {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/${file}`);
  } catch (error) {
    // Gone when it is opened, or while it is read (ESRCH).
    if (error instanceof Deno.errors.NotFound || String(error).includes("os error 3")) return;
    throw error;
  }
}

/** Memory of a process, of what it shares with others its part (proc(5), smaps_rollup). */
const memoryOf = (pid: number) =>
  Number(/^Pss:\s+(\d+)/m.exec(ofProcess(pid, "smaps_rollup") ?? "")?.[1] ?? 0) / 1024;

/** The parent of a process that runs. */
function parentOf(pid: number): number | undefined {
  const status = ofProcess(pid, "status") ?? "State: Z";
  return /^State:\s+Z/m.test(status) ? undefined : Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
}

/** The processes that `root` started, and those that they did. */
function childrenOf(root: number): number[] {
  const parents = new Map<number, number>();
  for (const { name } of Deno.readDirSync("/proc")) {
    const parent = /^\d+$/.test(name) ? parentOf(Number(name)) : undefined;
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === root || parent !== pid && isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

/** Runs the program as its tasks do, and watches what it and its children take. */
async function watched(args: readonly string[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--v8-flags=--optimize-for-size", "-A", MAIN, ...args],
    env: { NO_COLOR: "1", MALLOC_MMAP_THRESHOLD_: "131072" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const seen = new Set<number>();
  let peakMib = 0;
  const look = setInterval(() => {
    const children = childrenOf(child.pid);
    for (const pid of children) seen.add(pid);
    const takes = [child.pid, ...children].map(memoryOf);
    peakMib = Math.max(peakMib, takes.reduce((sum, mib) => sum + mib));
  }, 50);
  try {
    const { code, stdout, stderr } = await child.output();
    const left = [...seen].filter((pid) => parentOf(pid) !== undefined);
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    return { code, said, peakMib, left };
  } finally {
    clearInterval(look);
  }
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

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

/** A process by its id; nothing once it is gone. */
function statusOf(pid: number) {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/status`);
    const field = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
    return {
      parent: field("PPid"),
      rssMib: field("VmRSS") / 1024,
      isZombie: /^State:\s+Z/m.test(text),
    };
  } catch (error) {
    // Ended between the listing and the look, or while it was read (ESRCH).
    if (error instanceof Deno.errors.NotFound || String(error).includes("os error 3")) {
      return undefined;
    }
    throw error;
  }
}

/** The processes that `root` started, and those that they did. */
function childrenOf(root: number): Map<number, number> {
  const parents = new Map<number, { parent: number; rssMib: number }>();
  for (const { name } of Deno.readDirSync("/proc")) {
    const status = /^\d+$/.test(name) ? statusOf(Number(name)) : undefined;
    if (status && !status.isZombie) parents.set(Number(name), status);
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid)?.parent;
    return parent !== undefined && (parent === root || parent !== pid && isBelow(parent));
  };
  return new Map(
    [...parents].filter(([pid]) => isBelow(pid)).map(([pid, { rssMib }]) => [pid, rssMib]),
  );
}

/** Runs the program as its tasks do, and watches what it and its children take. */
async function watched(args: readonly string[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--v8-flags=--optimize-for-size", "-A", MAIN, ...args],
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const seen = new Set<number>();
  let peakMib = 0;
  const look = setInterval(() => {
    const children = childrenOf(child.pid);
    for (const pid of children.keys()) seen.add(pid);
    const own = statusOf(child.pid)?.rssMib ?? 0;
    peakMib = Math.max(peakMib, [...children.values()].reduce((sum, mib) => sum + mib, own));
  }, 50);
  try {
    const { code, stdout, stderr } = await child.output();
    const left = [...seen].filter((pid) => statusOf(pid)?.isZombie === false);
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

/**
 * Damages files of a run at random. Whoever reads the run must leave every byte as it is; whoever goes
 * on with it must say what is wrong, or end with the same weights. `CLLM_DAMAGE` says how often;
 * `CLLM_SEED` repeats a sequence.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { randomStream } from "../../model/random.ts";
import { writeCorpus } from "./corpus.ts";
import { runHere } from "./in_process.ts";
import { openFolder, run, start } from "./program.ts";

const COUNT = Number(Deno.env.get("CLLM_DAMAGE") ?? 20);
/** Damages of the finished run, and of the other, after which the run is gone on with. */
const RESUMED = 100;
const SEED = Number(Deno.env.get("CLLM_SEED") ?? 1);

/** Files that nothing is computed from; docs/checkpoints.md names them. */
const UNUSED =
  /^(metrics\.jsonl|samples\.jsonl|status\.json|report\.html|dropped\.jsonl|lock|run\.log|(export|tensorboard)\/.*)$/;

/** Files of which every byte counts, in a run that has ended as in one that has not. */
const COVERED =
  /^(run\.json|tokens\/index\.json|corpus\/(mark|sealed)\.json|checkpoints\/step-.*)$/;

async function* filesOf(root: string, folder = ""): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(join(root, folder))) {
    if (isDirectory) yield* filesOf(root, join(folder, name));
    else yield join(folder, name);
  }
}

/** Digests of all files, and what they are called. */
async function snapshot(root: string): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for await (const name of filesOf(root)) {
    const bytes = await Deno.readFile(join(root, name));
    digests.set(name, createHash("sha256").update(bytes).digest("hex"));
  }
  return new Map([...digests].sort());
}

async function copy(from: string, to: string): Promise<void> {
  for await (const name of filesOf(from)) {
    await Deno.mkdir(join(to, name, ".."), { recursive: true });
    await Deno.copyFile(join(from, name), join(to, name));
  }
}

interface Damage {
  readonly file: string;
  readonly kind: "flip" | "cut" | "swap";
  readonly at: number;
}

async function damage(root: string, { file, kind, at }: Damage): Promise<void> {
  const path = join(root, file);
  const bytes = await Deno.readFile(path);
  const index = Math.floor(at * bytes.length), other = Math.floor(bytes.length / 3);
  if (kind === "flip") bytes[index] = (bytes[index] ?? 0) ^ (1 << (index % 8));
  if (kind === "swap") [bytes[index], bytes[other]] = [bytes[other] ?? 0, bytes[index] ?? 0];
  // The line feed at its end alone is no loss.
  const end = Math.max(0, Math.min(index, bytes.length - 2));
  await Deno.writeFile(path, kind === "cut" ? bytes.subarray(0, end) : bytes);
}

async function choose(root: string, count: number): Promise<Damage[]> {
  const random = randomStream(SEED, { name: "damage" });
  const files = [...(await snapshot(root)).keys()].filter((name) => !UNUSED.test(name));
  return Array.from({ length: count }, (_, i) => ({
    file: files[Math.floor(random.uniform(3 * i) * files.length)] ?? "",
    kind: (["flip", "flip", "cut", "swap"] as const)[Math.floor(random.uniform(3 * i + 1) * 4)] ??
      "flip",
    at: random.uniform(3 * i + 2),
  }));
}

const manifestOf = async (root: string) =>
  JSON.parse(await Deno.readTextFile(join(root, "manifest.json")));

Deno.test(`${COUNT} random damages are named or harmless, and readers change nothing (CLLM_SEED=${SEED})`, async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 30 });
  const [whole, begun, damaged] = ["whole", "begun", "damaged"].map((name) =>
    join(folder.path, name)
  ) as [string, string, string];
  const flags = ["--steps", "6", "--vocab", "300", "--checkpoint-every", "2", "--json"];
  const trained = await run(["pipeline", "--run", whole, ...flags, corpus]);
  assertEquals([trained.code, trained.err], [0, ""]);
  const expected = await manifestOf(whole);
  {
    await using program = start(["pipeline", "--run", begun, ...flags, corpus]);
    await program.line(/"step":4\b/);
    program.kill("SIGKILL");
    await program.ended;
  }
  const reading = ["verify", "inspect", "eval", "tokens stats", "trace --step 1", "repair"];
  for (const source of [whole, begun]) {
    const original = await snapshot(source);
    for (const [i, fault] of (await choose(source, COUNT / 2)).entries()) {
      const what = JSON.stringify(fault);
      await copy(source, damaged);
      await damage(damaged, fault);
      const before = await snapshot(damaged);
      const changed = (name: string) => before.get(name) !== original.get(name);
      const commands = COUNT > 20 ? reading : ["verify", reading[1 + i % 5] ?? "inspect"];
      for (const command of commands) {
        const { code, out, err } = await runHere([...command.split(" "), damaged]);
        if (command === "verify" && COVERED.test(fault.file) && changed(fault.file)) {
          assert(code === 1 || code === 2, `${what}\n${out}`);
        }
        // One line, never a stack.
        assert(code === 0 || err === "" || /^error: .*\n$/.test(err) || command === "eval", err);
        assertEquals(await snapshot(damaged), before, `${command} after ${what}`);
      }
      if (i < RESUMED) {
        const again = await run(["pipeline", "--run", damaged, "--json"]);
        assertEquals([...(await snapshot(damaged)).keys()].filter((n) => n.startsWith("set-")), []);
        if (again.code === 0) {
          const found = await manifestOf(damaged);
          assertEquals(found.corpus, expected.corpus, what);
          assertEquals(found.weights, expected.weights, what);
        } else assertMatch(again.err, /error: (Cannot|The|There) /, what);
      }
      await Deno.remove(damaged, { recursive: true });
    }
  }
});

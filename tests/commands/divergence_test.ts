import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { loadCheckpoint, readModelConfig } from "../../model/checkpoint/mod.ts";
import { createLayout } from "../../model/layout.ts";
import { writeCorpus } from "./corpus.ts";
import { openFolder, run } from "./program.ts";

/** Every step that stays, with whether its weights are finite. */
async function steps(checkpoints: string): Promise<[name: string, finite: boolean][]> {
  const found: [string, boolean][] = [];
  for await (const { name } of Deno.readDir(checkpoints)) {
    if (!/^step-\d+$/.test(name)) continue;
    const dir = join(checkpoints, name);
    const parameters = new Float32Array(createLayout(await readModelConfig(dir)).length);
    await loadCheckpoint(dir, { into: { parameters } });
    found.push([name, parameters.every(Number.isFinite)]);
  }
  return found.sort();
}

const WILD = ["--optimizer", "adamw", "--learning-rate", "1e6", "--clip", "1e9", "--leaves", "2"];
const MESSAGE = /^error: Cannot (update at step|validate).*diverged, try a lower --learning-rate$/m;

Deno.test("a run that diverges keeps no ruined weights, and goes on with a lower rate", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus"), root = join(folder.path, "run");
  await writeCorpus(corpus, { count: 30 });
  const flags = ["--steps", "12", "--vocab", "300", "--checkpoint-every", "1"];
  const wild = await run(["pipeline", "--run", root, ...flags, ...WILD, corpus]);
  assertEquals(wild.code, 1, wild.out);
  assertMatch(wild.err, MESSAGE);
  assert(!wild.err.includes("intact"), wild.err);
  const checkpoints = join(root, "checkpoints");
  const kept = await steps(checkpoints);
  const latest = (await Deno.readTextFile(join(checkpoints, "latest"))).trim();
  const at = Number(/at step (\d+)/.exec(wild.err)?.[1]);
  assert(at > 2, wild.err);
  assertEquals(kept.at(-1), [latest, true]);
  assertEquals(latest, `step-${String(at - 2).padStart(6, "0")}`, "the weights of step - 1 failed");
  const said = `Step ${at - 1} had diverged: it is set aside as step-00000${at - 1}.diverged`;
  assert(wild.out.includes(said), wild.out);

  const calm = await run(["pipeline", "--run", root, "--learning-rate", "0.001", "--force"]);
  assertEquals(calm.code, 0, calm.err);
  assert(calm.err.includes(`From step ${at - 1} on, learningRate is 0.001 instead of`), calm.err);
  const { settings: { forced } } = JSON.parse(await Deno.readTextFile(join(root, "run.json")));
  assertEquals(forced, [{ step: at - 2, name: "learningRate", before: 1e6, now: 0.001 }]);
  assertEquals((await steps(checkpoints)).at(-1), ["step-000012", true]);
});

Deno.test("train --tokens that diverges goes on with a lower rate, recorded with each checkpoint", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus"), tokens = join(folder.path, "tokens");
  await writeCorpus(corpus, { count: 30 });
  const made = await run(["pipeline", "--run", tokens, "--steps", "1", "--vocab", "300", corpus]);
  assertEquals(made.code, 0, made.err);
  const root = join(folder.path, "trained");
  const flags = ["train", "--tokens", tokens, "--run", root, "--steps", "8"];
  const wild = await run([...flags, "--checkpoint-every", "1", ...WILD]);
  assertEquals(wild.code, 1, wild.out);
  assertMatch(wild.err, MESSAGE);
  const checkpoints = join(root, "checkpoints");
  assert((await steps(checkpoints)).every(([, finite]) => finite));
  const slow = WILD.map((word) => word === "1e6" ? "0.001" : word);
  const refused = await run([...flags, ...slow]);
  assertEquals(refused.code, 2, refused.err);
  assertMatch(refused.err, /--learning-rate 0.001 \(began with 1000000\): .*--force/);
  const calm = await run([...flags, ...slow, "--force", "--checkpoint-every", "4"]);
  assertEquals(calm.code, 0, calm.err);
  assertMatch(calm.out, /^From step \d+ on, learningRate is 0.001 instead of 1000000, as --force/m);
  const last = join(checkpoints, "step-000008");
  const { run: recorded } = JSON.parse(await Deno.readTextFile(join(last, "state.json")));
  assertEquals(recorded.forced.length, 1);
  assertEquals(recorded.learningRate, 0.001);
  // A later session goes on as it was changed, and keeps the record.
  const more = flags.map((word) => word === "8" ? "9" : word);
  const again = await run([...more, ...slow, "--force"]);
  assertEquals(again.code, 0, again.err);
  const state = JSON.parse(await Deno.readTextFile(join(checkpoints, "step-000009/state.json")));
  assertEquals(state.run.forced.map(({ name }: { name: string }) => name), [
    "learningRate",
    "steps",
  ]);
});

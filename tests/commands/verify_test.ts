import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { writeCorpus } from "./corpus.ts";
import { openFolder, run } from "./program.ts";

async function flip(path: string, at: number): Promise<void> {
  const bytes = await Deno.readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await Deno.writeFile(path, bytes);
}

Deno.test("a run is inspected, traced and verified; damage is named and worked around", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 12 });
  const runDir = join(folder.path, "run");
  // Of these sentences eleven in fourteen words and signs are made of letters.
  const limits = join(folder.path, "limits.json");
  await Deno.writeTextFile(limits, '{"gopher-quality":{"max_non_alpha_words_ratio":0.75}}');
  const filters = ["--filters", "gopher-quality", "--filter-settings", limits, "--language", "en"];
  const flags = ["--steps", "6", "--checkpoint-every", "3", "--vocab", "300", "--json", corpus]
    .concat(filters);
  const trained = await run(["pipeline", "--run", runDir, ...flags]);
  assertEquals([trained.code, trained.err], [0, ""]);
  const manifest = JSON.parse(await Deno.readTextFile(join(runDir, "manifest.json")));

  const inspected = JSON.parse((await run(["inspect", runDir, "--json"])).out);
  assertEquals([inspected.documents, inspected.vocab], [12, 300]);
  assertEquals(inspected.manifest, manifest.sha256);
  assertEquals(inspected.tokens.train, manifest.tokens.train.tokens);
  const [third, sixth] = inspected.checkpoints;
  assertEquals([third.name, sixth.name], ["step-000003", "step-000006"]);
  assertEquals(sixth.marks, ["latest", "best"]);
  assertEquals(sixth.tokens, manifest.batches.tokens);

  const lines = async (...args: string[]) => {
    const { code, out, err } = await run(["trace", runDir, "--json", ...args]);
    assertEquals([code, err], [0, ""]);
    return out.trimEnd().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  };
  // The two directions must say the same.
  const documents = await lines("--step", "5");
  const [most] = documents;
  const steps = await lines("--document", most.id);
  assertEquals(steps.find(({ step }) => step === 5)?.tokens, most.tokens);
  assertEquals(await lines("--document", most.url), steps);
  assertEquals(await lines("--document", new URL(most.url).pathname), steps);
  const heldOut = `file://${corpus}/009.txt`;
  assert(documents.every(({ url }) => url.startsWith("file:///") && url !== heldOut));
  assertEquals(await lines("--document", heldOut), []);
  // Where a document came from and what was measured on the way.
  const text = await Deno.readTextFile(new URL(most.url));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  assertEquals(most.contentHash, new Uint8Array(digest).toHex());
  assertEquals([most.language, most.scores.words], ["en", text.match(/\p{L}+|\d+/gu)?.length]);
  const shown = await run(["trace", runDir, "--document", heldOut]);
  assertMatch(shown.out, /^SHA-256 {2,}[0-9a-f]{64}$/m);
  assertMatch(shown.out, /^fetched {2,}\d{4}-\d\d-\d\dT/m);
  assertMatch(shown.out, /^alpha_words_ratio {2,}0\.\d+$/m);
  assertMatch(shown.out, /^[0-9a-f]{16} {2}.* is held out: no step trains on it$/m);
  const late = await run(["trace", runDir, "--step", "7"]);
  assertEquals([late.code, late.err], [
    2,
    `error: Cannot trace --step 7: ${runDir} has been saved at step 6\n`,
  ]);

  const state = join(runDir, "checkpoints", "step-000006", "state.json");
  await flip(state, 100);
  const looked = await run(["inspect", runDir]);
  assertEquals([looked.code, looked.err], [0, ""]);
  assertMatch(looked.out, /^ {2}step-000006 .*state\.json.* damaged$/m);
  await flip(state, 100);

  const damaged = join(runDir, "checkpoints", "step-000006", "model.safetensors");
  await flip(damaged, 5000);
  const refused = await run(["verify", runDir]);
  assertEquals([refused.code, refused.err], [1, ""]);
  assertMatch(
    refused.out,
    /^WRONG {2}Cannot load .*step-000006: model\.safetensors does not match/m,
  );
  const stopped = await run(["pipeline", "--run", runDir, "--json"]);
  assertEquals(stopped.code, 1);
  assertMatch(stopped.err, /model\.safetensors does not match.*--fall-back goes on from/);
  const again = await run(["pipeline", "--run", runDir, "--json", "--fall-back"]);
  assertEquals([again.code, again.err], [0, ""]);
  assertEquals(JSON.parse(again.out.split("\n")[1] ?? "").step, 4);
  const { run: { fallBacks } } = JSON.parse(await Deno.readTextFile(state));
  const [{ to, passedOver: [why] }] = fallBacks;
  assertEquals([fallBacks.length, to], [1, "step-000003"]);
  assertMatch(why, /step-000006: model\.safetensors does not match/);
  const told = await run(["inspect", runDir]);
  assertMatch(told.out, /^ {2}step-000006 .*latest.*, went on from step-000003 \(--fall-back\)$/m);
  const whole = await run(["verify", runDir]);
  assertEquals([whole.code, whole.err], [0, ""], whole.out);
  assertMatch(whole.out, /^batches +6 of [\d,]+ tokens in all {2,}[0-9a-f]{64}$/m);

  const shards = join(runDir, "tokens", "train");
  const names = await Array.fromAsync(Deno.readDir(shards), ({ name }) => name);
  const shard =
    names.sort((a, b) =>
      Deno.statSync(join(shards, b)).size - Deno.statSync(join(shards, a)).size
    )[0] ?? "";
  await flip(join(shards, shard), 40);
  const altered = await run(["verify", runDir]);
  assertEquals(altered.code, 1, altered.out);
});

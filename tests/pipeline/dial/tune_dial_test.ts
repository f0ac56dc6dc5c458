import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../../../cli/flags.ts";
import { presetConfig } from "../../../model/config.ts";
import { orAdapter } from "../../../pipeline/dial/or_adapter.ts";
import { turnTuneDial } from "../../../pipeline/dial/tune_dial.ts";
import { openTrainer } from "../../../pipeline/trainer.ts";
import { runPaths } from "../../../run/folder.ts";
import { ADAMW_DEFAULTS } from "../../../stages/train/mod.ts";
import { runHere } from "../../commands/in_process.ts";
import { openFolder } from "../../commands/program.ts";
import { conversation, writeLines, writeSmallModel } from "../../commands/small_model.ts";

const tiny = presetConfig("tiny", { vocabSize: 300, endOfTextId: 0 });

/** What the dial says of a machine of 1,000 tokens a second. */
async function said(wanted: { hours?: number; tokens?: number }) {
  const lines: string[] = [];
  const { hours, tokens } = wanted;
  const steps = await turnTuneDial({
    ...{ config: tiny, init: "base", rows: 9, cols: 250, hours, tokens, stepsPerPass: 6 },
    rowsPerStep: 4,
    optimizer: ADAMW_DEFAULTS,
    conversations: 90,
    note: (line) => lines.push(line),
    measure: () => Promise.resolve(1000),
  });
  return { steps, text: lines.join("\n") };
}

Deno.test("the dial of tuning says how long a pass takes, and how many there are", async () => {
  const minute = await said({ hours: 1 / 60 });
  assertEquals(minute.steps, 60);
  assertStringIncludes(minute.text, "a pass    over 90 conversations takes 0:06, in 6 steps");
  assertStringIncludes(minute.text, "60 steps, about 1:00: 10 passes");
  const hour = await said({ hours: 1 });
  assertEquals(hour.steps, 6 * 24);
  assertStringIncludes(hour.text, "144 steps, about 2:24: 24 passes; more than 24 were never seen");
  assertStringIncludes(hour.text, "the time is enough for 600");
  const few = await said({ tokens: 3000 });
  assertEquals(few.steps, 3);
  assertStringIncludes(few.text, "0.50 passes; some conversations are never seen");
});

Deno.test("what has no room says what takes less: an adapter, then a smaller one", async () => {
  const full = () => Promise.reject(new RangeError("Cannot train this model: it is large"));
  const refusals: [Parameters<typeof orAdapter>[0], string][] = [
    [{ init: "base" }, "it is large. An adapter takes far less: deno task tune --init base --lora"],
    [{ init: "base", lora: { rank: 8, alpha: 16, targets: [] } }, "--frozen int8"],
    [
      { init: "base", lora: { rank: 8, alpha: 16, targets: [] }, frozenType: "int8" },
      "fewer --rows",
    ],
  ];
  for (const [trained, text] of refusals) {
    await assertRejects(() => orAdapter(trained, full), UsageError, text);
  }
  await assertRejects(() => orAdapter({}, full), RangeError);
  // By the trainer itself, whoever opens it: 24 GiB of weights.
  const config = { ...tiny, hidden_size: 4096, intermediate_size: 16_384, num_hidden_layers: 24 };
  const options = { config, paths: runPaths("none"), seed: 0, run: {}, tokenizerJson: "" };
  await assertRejects(
    () => openTrainer({ ...options, rows: 12, cols: 64, init: "base" }),
    UsageError,
    "An adapter takes far less",
  );
});

Deno.test("tune chooses its steps by hours once, and goes on with them", async () => {
  await using folder = await openFolder();
  const at = (name: string) => join(folder.path, name);
  await writeSmallModel(at("base"));
  const chats = Array.from({ length: 30 }, (_, i) => conversation(`How many? ${i}`, "Two."));
  await writeLines(at("chats.jsonl"), chats);
  const tune = (...more: string[]) =>
    runHere([
      ...["tune", "--init", at("base"), "--run", at("run"), "--context", "64", "--json"],
      ...["--lora", "2", ...more, at("chats.jsonl")],
    ]);
  const first = await tune("--tokens", "5000");
  assertEquals(first.code, 0, first.err);
  assertStringIncludes(first.err, "measured  an adapter of rank 2: ");
  const [, chosen] = /chosen {4}(\d+) steps/.exec(first.err) ?? [];
  const metrics = await Deno.readTextFile(at("run/metrics.jsonl"));
  assertEquals(metrics.trimEnd().split("\n").length, Number(chosen));
  const again = await tune("--tokens", "5000");
  assertEquals(again.code, 0, again.err);
  assert(!again.err.includes("measures this machine"));
  const other = await tune("--tokens", "9000");
  assertEquals(other.code, 2);
  assertStringIncludes(other.err, "--tokens 9000 (began with 5000)");
  const both = await tune("--tokens", "5000", "--epochs", "2");
  assertEquals(both.code, 2);
});

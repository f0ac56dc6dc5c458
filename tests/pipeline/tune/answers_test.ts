import { assertEquals, assertMatch } from "@std/assert";
import { cp } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeLatest } from "../../../model/checkpoint/latest.ts";
import { askAnswers } from "../../../pipeline/tune/answers.ts";
import { chooseCheckpoint } from "../../../run/choose_checkpoint.ts";
import { runHere } from "../../commands/in_process.ts";
import { openFolder } from "../../commands/program.ts";
import { conversation, writeLines, writeSmallModel } from "../../commands/small_model.ts";

Deno.test("the checkpoint with more right answers is used, though its held-out loss is higher", async () => {
  await using folder = await openFolder();
  const at = (...names: string[]) => join(folder.path, ...names);
  await writeSmallModel(at("base"));
  // What is held out is answered in another way than what is taught.
  const asked = ["What does a cow say?", "Who was first?", "Where is the old man?"] as const;
  const taught = ["Moo.", "Adam.", "He is at sea."] as const;
  const chats = Array.from(
    { length: 20 },
    (_, i) => conversation(asked[i % 3] ?? "", i % 10 === 9 ? "No." : taught[i % 3] ?? ""),
  );
  await writeLines(at("chats.jsonl"), chats);
  const flags = ["--init", at("base"), "--run", at("run"), "--learning-rate", "0.01"];
  const { code, out, err } = await runHere([
    ...["tune", ...flags, "--steps", "80", "--checkpoint-every", "8", at("chats.jsonl")],
  ]);
  assertEquals(code, 0, err);
  const said =
    "Answers: at step 80, which is used, 18 of 18 that it was taught come out word for " +
    "word, and 0 of 2 held out.\nVerdict: learned by heart.";
  assertEquals(out.slice(out.indexOf("Answers:")).slice(0, said.length), said, out);
  const chosen = await chooseCheckpoint(at("run/checkpoints"));
  assertEquals(
    chosen?.line,
    "step-000080: answers more of its conversations than the best on held-out loss",
  );
  const inspected = await runHere(["inspect", at("run")]);
  assertMatch(inspected.out, /step-000080 .* latest, used: it answers more than the best$/m);
  const state = async (name: string) =>
    JSON.parse(await Deno.readTextFile(at("run/checkpoints", name, "state.json"))).metrics;
  const names = [...Deno.readDirSync(at("run/checkpoints"))].map(({ name }) => name)
    .filter((name) => name.startsWith("step-")).sort();
  const losses = await Promise.all(names.map(async (name) => (await state(name)).validationLoss));
  assertEquals(losses.at(-1) > Math.min(...losses), true, `${losses}`);
  const best = names[losses.indexOf(Math.min(...losses))] ?? "";
  const used = async () => basename((await chooseCheckpoint(at("run/checkpoints")))?.folder ?? "");
  // Tuning that goes on makes checkpoints that were not asked.
  const next = at("run/checkpoints/step-000081");
  await cp(at("run/checkpoints/step-000080"), next, { recursive: true });
  await writeLatest(at("run/checkpoints"), "step-000081");
  assertEquals(await used(), best);
  await Deno.remove(next, { recursive: true });
  await writeLatest(at("run/checkpoints"), "step-000080");
  assertEquals(await used(), "step-000080");
  // Nothing to ask about prefers none.
  const none = await askAnswers(at("run"), { train: [], heldOut: [] }, { workers: 1 });
  assertEquals([none?.taught, await used()], [{ right: 0, of: 0 }, best]);
});

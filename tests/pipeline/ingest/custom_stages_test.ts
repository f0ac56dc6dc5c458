import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { inTurn, loadStages } from "../../../pipeline/ingest/custom_stages.ts";
import { checkStageModule, readStageSetting } from "../../../run/stage_setting.ts";
import { isBarrier } from "../../../stages/barrier.ts";
import { createDocument } from "../../../stages/extract/mod.ts";
import { type Drop, StageMeter } from "../../../stages/meter.ts";
import type { Barrier, Document } from "../../../stages/types.ts";
import { openFolder } from "../../commands/program.ts";

/** Holds documents back until its end, in which it hands on those that are wanted, the last first. */
const HOLDING = `
export default () => {
  const held = [];
  return new TransformStream({
    transform: (document) => void held.push(document),
    flush(controller) {
      for (const document of held.reverse()) {
        if (document.text !== "no") controller.enqueue({ ...document, title: "seen" });
      }
    },
  });
};`;

const document = (name: string, text = name): Document => createDocument({ url: name, text });
const barrier = (pages: number): Barrier => ({ cursors: { read: { pages } } });

Deno.test("a stage of the user's own leaves barriers in their places, and its losses are counted", async () => {
  await using folder = await openFolder();
  const path = join(folder.path, "holding.ts");
  await Deno.writeTextFile(path, HOLDING);
  const drops: Drop[] = [];
  const meter = new StageMeter("refine", (drop) => drops.push(drop));
  const setting = readStageSetting(`refine:${path}`);
  const stages = await loadStages([setting], { extract: meter, refine: meter });
  assertEquals([stages.extract.length, stages.refine.length], [0, 1]);
  const input = [
    document("a"),
    document("b", "no"),
    document("c"),
    barrier(3),
    document("d"),
    barrier(4),
  ];
  const output = await Array.fromAsync(
    ReadableStream.from(input).pipeThrough(inTurn(stages.refine)),
  );
  const shown = output.map((value) => isBarrier<Document, Barrier>(value) ? value : value.url);
  assertEquals(shown, ["c", "a", barrier(3), "d", barrier(4)]);
  assertEquals(drops.map(({ item, reason }) => [item, reason]), [["b", "custom-stage"]]);
});

Deno.test("without a stage everything passes", async () => {
  const input = [document("a"), barrier(1)];
  assertEquals(await Array.fromAsync(ReadableStream.from(input).pipeThrough(inTurn())), input);
});

Deno.test("a stage that is no stage is refused by name", async () => {
  await using folder = await openFolder();
  const at = (name: string) => join(folder.path, name);
  const meters = { extract: new StageMeter("extract"), refine: new StageMeter("refine") };
  const load = (name: string) => loadStages([readStageSetting(`refine:${at(name)}`)], meters);
  assertThrows(
    () => readStageSetting("train:x.ts"),
    Error,
    "it must be extract:FILE or refine:FILE",
  );
  assertThrows(() => readStageSetting(`refine:${at("gone.ts")}`), Error, "gone.ts");
  await Deno.writeTextFile(at("none.ts"), "export const x = 1;");
  await assertRejects(() => load("none.ts"), Error, "its default export must be a function");
  await Deno.writeTextFile(
    at("wrong.ts"),
    "export default () => new TransformStream({ transform: (_, c) => c.enqueue(7) });",
  );
  const { refine } = await load("wrong.ts");
  const stream = ReadableStream.from([document("a")]).pipeThrough(inTurn(refine));
  await assertRejects(() => Array.fromAsync(stream), TypeError, "gave 7, which is no document");
});

Deno.test("a stage whose module has changed is refused", async () => {
  await using folder = await openFolder();
  const path = join(folder.path, "changing.ts");
  await Deno.writeTextFile(path, HOLDING);
  const setting = readStageSetting(`extract:${path}`);
  checkStageModule(setting);
  await Deno.writeTextFile(path, `${HOLDING}\n`);
  assertThrows(() => checkStageModule(setting), Error, "its text is not what the run began with");
});

import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { basename, join } from "node:path";
import {
  CHECKPOINT_FLAG,
  type CheckpointWish,
  chooseCheckpoint,
  initFolder,
} from "../../run/choose_checkpoint.ts";
import { locateModel } from "../../run/locate_model.ts";
import { checkpointName, saveCheckpoint } from "../../model/checkpoint/mod.ts";
import { goldenModel } from "../model/checkpoint/fixture.ts";
import { openFolder } from "../commands/program.ts";

/** A run with checkpoints at these steps, validated or not. */
async function openRun(losses: readonly (readonly [step: number, loss: number | undefined])[]) {
  const folder = await openFolder();
  const checkpoints = join(folder.path, "checkpoints");
  const { config, layout, snapshot } = await goldenModel("gqa_untied");
  for (const [step, validationLoss] of losses) {
    await saveCheckpoint(join(checkpoints, checkpointName(step)), {
      config,
      layout,
      snapshot: { ...snapshot, step },
      metrics: validationLoss === undefined ? {} : { validationLoss },
    });
  }
  const choose = async (wish?: CheckpointWish) => {
    const { folder, line } = await chooseCheckpoint(checkpoints, wish) ?? {};
    return [folder && basename(folder), line];
  };
  return { ...folder, checkpoints, choose, [Symbol.asyncDispose]: folder[Symbol.asyncDispose] };
}

Deno.test("the best checkpoint is used, of equals the later, and said to be it", async () => {
  await using run = await openRun([[100, 3], [200, 2], [300, 2], [400, 2.5], [450, undefined]]);
  const best =
    "step-000300: the best on held-out documents, loss 2.0000; the latest is step-000450";
  assertEquals(await run.choose(), ["step-000300", best]);
  assertEquals(await run.choose("best"), ["step-000300", best]);
  assertEquals(await run.choose("latest"), [
    "step-000450",
    "step-000450: the latest, as --checkpoint says",
  ]);
  assertEquals(await run.choose(200), ["step-000200", "step-000200: as --checkpoint says"]);
  await assertRejects(() => run.choose(250), Error, "it has 100, 200, 300, 400, 450");
  const { folder, chosen } = await locateModel({ run: run.path });
  assertEquals([basename(folder), chosen], ["step-000300", best]);
  const latest = await locateModel({ run: run.path, checkpoint: "latest" });
  assertEquals(basename(latest.folder), "step-000450");
});

Deno.test("--init takes the best checkpoint of a run, and any other folder as it is", async () => {
  await using run = await openRun([[100, 3], [200, 2], [300, 4]]);
  // `tune` and `train --tokens` have no run.json.
  assertEquals(await initFolder(run.path), join(run.checkpoints, "step-000200"));
  await Deno.writeTextFile(join(run.path, "run.json"), "{}");
  assertEquals(await initFolder(run.path), join(run.checkpoints, "step-000200"));
  assertEquals(await initFolder(run.checkpoints), run.checkpoints);
  await using none = await openRun([]);
  await Deno.writeTextFile(join(none.path, "run.json"), "{}");
  await assertRejects(
    () => initFolder(none.path),
    Error,
    `Cannot start from --init ${none.path}: that run has no checkpoint yet`,
  );
});

Deno.test("the latest is used where none was validated, and nothing where there is none", async () => {
  await using run = await openRun([[1, undefined], [2, undefined]]);
  assertEquals(await run.choose(), [
    "step-000002",
    "step-000002: the latest; none was validated on held-out documents",
  ]);
  await using none = await openRun([]);
  assertEquals(await none.choose(), [undefined, undefined]);
  await assertRejects(
    () => locateModel({ run: none.path, checkpoint: "best" }),
    Error,
    `Cannot use --checkpoint best: --run ${none.path} has none yet`,
  );
});

Deno.test("--checkpoint is refused where it names nothing", async () => {
  const read = (text: string) => CHECKPOINT_FLAG.read(text, "checkpoint");
  assertEquals(["best", "latest", "400"].map(read), ["best", "latest", 400]);
  for (const text of ["newest", "-1", "1.5", ""]) {
    assertThrows(() => read(text), Error, "it must be best, latest or a step");
  }
  for (const other of [{ model: "somewhere" }, { engine: "onnx" as const }]) {
    const error = await assertRejects(
      () => locateModel({ run: "runs/none", checkpoint: "latest", ...other }),
      Error,
    );
    assertMatch(error.message, /^Cannot use --checkpoint latest with --(model|engine)/);
  }
});

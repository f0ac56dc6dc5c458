import { assertEquals, assertRejects } from "@std/assert";
import {
  checkpointName,
  latestCheckpoint,
  rotateCheckpoints,
  saveCheckpoint,
} from "../../../model/checkpoint/mod.ts";
import { goldenModel, namesIn } from "./fixture.ts";
import { withDir } from "../with_dir.ts";

Deno.test("latestCheckpoint follows the pointer and survives without it", async () => {
  await withDir(async (dir) => {
    const { config, layout, snapshot } = await goldenModel("mha_tied");
    const save = (step: number) =>
      saveCheckpoint(`${dir}/${checkpointName(step)}`, {
        config,
        layout,
        snapshot: { ...snapshot, step },
      });
    assertEquals(await latestCheckpoint(`${dir}/none`), undefined);
    assertEquals(await latestCheckpoint(dir), undefined);
    await save(1_000_000);
    await save(900);
    assertEquals(await Deno.readTextFile(`${dir}/latest`), "step-000900\n");
    assertEquals(await latestCheckpoint(dir), `${dir}/step-000900`);
    // A torn write has no such name, and neither has a folder without a state.
    await Deno.mkdir(`${dir}/.tmp-step-2000000-torn`);
    await Deno.mkdir(`${dir}/step-3000000`);
    for (const pointer of ["step-000901\n", "", "../step-000900", "..", "."]) {
      await Deno.writeTextFile(`${dir}/latest`, pointer);
      assertEquals(await latestCheckpoint(dir), `${dir}/step-1000000`, pointer);
    }
    await Deno.remove(`${dir}/latest`);
    assertEquals(await latestCheckpoint(dir), `${dir}/step-1000000`);
    // What was set aside counts once nothing else is there.
    await Deno.remove(`${dir}/step-000900`, { recursive: true });
    await Deno.rename(`${dir}/step-1000000`, `${dir}/step-1000000.old`);
    assertEquals(await latestCheckpoint(dir), `${dir}/step-1000000.old`);
  });
});

Deno.test("rotateCheckpoints keeps the last ones and the one latest names", async () => {
  await withDir(async (dir) => {
    const { config, layout, snapshot } = await goldenModel("mha_tied");
    for (const step of [5, 20, 100, 40, 10]) {
      await saveCheckpoint(`${dir}/${checkpointName(step)}`, {
        config,
        layout,
        snapshot: { ...snapshot, step },
      });
    }
    await Deno.mkdir(`${dir}/.tmp-step-000050-torn`);
    await Deno.mkdir(`${dir}/mine`);
    assertEquals(await rotateCheckpoints(dir, { keepLast: 2 }), ["step-000005", "step-000020"]);
    assertEquals(await namesIn(dir), [
      "latest",
      "mine",
      "step-000010",
      "step-000040",
      "step-000100",
    ]);
    assertEquals(await rotateCheckpoints(dir), []);
    await assertRejects(() => rotateCheckpoints(dir, { keepLast: 0 }), RangeError, "keepLast");
  });
});

Deno.test("rotateCheckpoints keeps major steps and the best by validation loss", async () => {
  await withDir(async (dir) => {
    const { config, layout, snapshot } = await goldenModel("mha_tied");
    for (
      const [step, validationLoss] of [[5, 2], [10, 3], [15, 1.5], [20, 1.5], [25, 4], [30, 2]]
    ) {
      await saveCheckpoint(`${dir}/${checkpointName(step as number)}`, {
        config,
        layout,
        metrics: { validationLoss: validationLoss as number },
        snapshot: { ...snapshot, step: step as number },
      });
    }
    const kept = { keepLast: 1, keepEvery: 10 };
    assertEquals(await rotateCheckpoints(dir, kept), [
      "step-000005",
      "step-000015",
      "step-000025",
    ]);
    // Of equals the later one is the best.
    assertEquals(await rotateCheckpoints(dir, { keepLast: 1 }), ["step-000010"]);
    // A checkpoint that cannot be read is never the best one.
    await Deno.writeTextFile(`${dir}/step-000020/state.json`, "{}");
    assertEquals(await rotateCheckpoints(dir, { keepLast: 1 }), ["step-000020"]);
    await assertRejects(() => rotateCheckpoints(dir, { keepEvery: -1 }), RangeError, "keepEvery");
  });
});

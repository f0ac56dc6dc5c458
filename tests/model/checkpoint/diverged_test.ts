import { createHash } from "node:crypto";
import { assertEquals, assertRejects } from "@std/assert";
import { loadNewest, saveCheckpoint, setAsideCheckpoint } from "../../../model/checkpoint/mod.ts";
import { formatState, parseState } from "../../../model/checkpoint/state.ts";
import { emptyAreas, goldenModel, namesIn } from "./fixture.ts";
import { withDir } from "../with_dir.ts";

Deno.test("saveCheckpoint refuses weights and moments that are not finite, and latest stays", () =>
  withDir(async (dir) => {
    const model = await goldenModel("mha_tied");
    await saveCheckpoint(`${dir}/step-000007`, model);
    for (const area of ["parameters", "firstMoment", "secondMoment"] as const) {
      for (const value of [NaN, Infinity, -Infinity]) {
        const { layout, snapshot } = await goldenModel("mha_tied");
        const at = layout.length - 1;
        snapshot[area][at] = value;
        const ruined = () => saveCheckpoint(`${dir}/step-000008`, { ...model, snapshot });
        const tensor = layout.parameters.at(-1)?.name;
        const message = `${area} of ${tensor} are not finite (${value})`;
        await assertRejects(ruined, RangeError, message);
      }
    }
    assertEquals(await namesIn(dir), ["latest", "step-000007"]);
    assertEquals(await Deno.readTextFile(`${dir}/latest`), "step-000007\n");
  }));

Deno.test("loadNewest refuses weights that diverged and were saved, and falls back over them", () =>
  withDir(async (dir) => {
    const { layout, ...model } = await goldenModel("mha_tied");
    await saveCheckpoint(`${dir}/step-000007`, { layout, ...model });
    const newest = `${dir}/step-000008`;
    await saveCheckpoint(newest, { layout, ...model, snapshot: { ...model.snapshot, step: 8 } });
    // As a program without the check has written it, digests and all.
    const weights = await Deno.readFile(`${newest}/model.safetensors`);
    new DataView(weights.buffer).setFloat32(weights.length - 4, NaN, true);
    await Deno.writeFile(`${newest}/model.safetensors`, weights);
    const source = `${newest}/state.json`;
    const state = parseState(await Deno.readTextFile(source), { source });
    const sha256 = createHash("sha256").update(weights).digest("hex");
    const files = { ...state.files, "model.safetensors": { bytes: weights.length, sha256 } };
    await Deno.writeTextFile(source, formatState({ ...state, files }));
    const into = emptyAreas(layout);
    await assertRejects(
      () => loadNewest(dir, { layout, into, fallBack: false }),
      SyntaxError,
      "are not finite (NaN); --fall-back goes on from the newest checkpoint that is whole",
    );
    assertEquals((await loadNewest(dir, { layout, into, fallBack: true }))?.step, 7);
    assertEquals(into.parameters.every(Number.isFinite), true);
  }));

Deno.test("setAsideCheckpoint: latest names the one before, or none", () =>
  withDir(async (dir) => {
    const model = await goldenModel("mha_tied");
    for (const step of [7, 8]) await saveCheckpoint(`${dir}/step-00000${step}`, model);
    assertEquals(await setAsideCheckpoint(`${dir}/step-000008`), `${dir}/step-000007`);
    assertEquals(await Deno.readTextFile(`${dir}/latest`), "step-000007\n");
    assertEquals(await setAsideCheckpoint(`${dir}/step-000007`), undefined);
    assertEquals(await namesIn(dir), ["step-000007.diverged", "step-000008.diverged"]);
  }));

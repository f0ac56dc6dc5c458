import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { initFromFolder } from "../../../model/checkpoint/init.ts";
import {
  checkpointName,
  formatAdapterConfig,
  holdCheckpoint,
  rotateCheckpoints,
  saveCheckpoint,
  weightsDigest,
} from "../../../model/checkpoint/mod.ts";
import { createAdapterLayout } from "../../../model/lora.ts";
import { goldenModel } from "./fixture.ts";
import { withDir } from "../with_dir.ts";

Deno.test("a checkpoint that an adapter needs stays for as long as the adapter's run does", async () => {
  await withDir(async (dir) => {
    const { config, layout, snapshot } = await goldenModel("mha_tied");
    const at = (step: number) => join(dir, checkpointName(step));
    for (const step of [5, 10, 15, 20]) {
      await saveCheckpoint(at(step), { config, layout, snapshot: { ...snapshot, step } });
    }
    const [one, other] = ["one", "other"].map((name) => join(dir, name));
    for (const holder of [one, other]) {
      await Deno.mkdir(holder ?? "");
      await holdCheckpoint(at(10), holder ?? "");
      await holdCheckpoint(at(10), holder ?? "");
    }
    assertEquals(await rotateCheckpoints(dir, { keepLast: 1 }), [5, 15].map(checkpointName));
    await Deno.remove(one ?? "");
    assertEquals(await rotateCheckpoints(dir, { keepLast: 1 }), []);
    await Deno.remove(other ?? "");
    assertEquals(await rotateCheckpoints(dir, { keepLast: 1 }), [checkpointName(10)]);
  });
});

Deno.test("an adapter is refused beside other weights than those that it was trained on", async () => {
  await withDir(async (dir) => {
    const { config, layout, snapshot } = await goldenModel("mha_tied");
    const [base, adapter] = [join(dir, checkpointName(1)), join(dir, "adapter", checkpointName(2))];
    const save = (snapshot: Parameters<typeof saveCheckpoint>[1]["snapshot"]) =>
      saveCheckpoint(base, { config, layout, snapshot });
    await save(snapshot);
    const lora = { rank: 1, alpha: 1, targets: ["q_proj"] as const };
    const small = createAdapterLayout(layout, lora);
    const zeros = () => new Float32Array(small.length);
    await saveCheckpoint(adapter, {
      config,
      layout: small,
      snapshot: { ...snapshot, parameters: zeros(), firstMoment: zeros(), secondMoment: zeros() },
      adapterConfig: formatAdapterConfig(lora, base),
      run: { baseWeights: await weightsDigest(base) },
    });
    const parameters = new Float32Array(layout.length);
    await initFromFolder(adapter, { layout, parameters });
    assertEquals(parameters, snapshot.parameters);
    await Deno.remove(base, { recursive: true });
    await save({ ...snapshot, parameters: snapshot.parameters.map((weight) => weight * 2) });
    await assertRejects(
      () => initFromFolder(adapter, { layout, parameters }),
      SyntaxError,
      `the weights in ${base} are not those that it was trained on`,
    );
    await Deno.remove(base, { recursive: true });
    await assertRejects(
      () => initFromFolder(adapter, { layout, parameters }),
      TypeError,
      `there is no folder ${base}`,
    );
  });
});

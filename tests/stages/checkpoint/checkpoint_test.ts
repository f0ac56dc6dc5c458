import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { presetConfig } from "../../../model/config.ts";
import { createLayout } from "../../../model/layout.ts";
import {
  latestCheckpoint,
  listCheckpoints,
  loadCheckpoint,
  readCheckpointInfo,
  saveCheckpoint,
} from "../../../model/checkpoint/mod.ts";
import { checkpoint, type SnapshotMetrics } from "../../../stages/checkpoint/mod.ts";
import { StageMeter } from "../../../stages/meter.ts";
import type { Snapshot, StepReport } from "../../../stages/types.ts";
import { withDir } from "../../model/with_dir.ts";

const config = {
  ...presetConfig("tiny", { vocabSize: 16, endOfTextId: 0 }),
  hidden_size: 8,
  intermediate_size: 8,
  num_hidden_layers: 1,
  head_dim: 2,
};
const layout = createLayout(config);

function snapshotOf(step: number): Snapshot {
  const area = () => new Float32Array(layout.length).fill(step);
  return {
    step,
    totalTokens: step * 10,
    cursors: { journal: { documents: 3 }, batch: { epoch: 0, batch: step, state: null } },
    parameters: area(),
    firstMoment: area(),
    secondMoment: area(),
  };
}

function reportOf(step: number, { snapshot = false } = {}): StepReport {
  return {
    step,
    loss: 2,
    perplexity: Math.exp(2),
    learningRate: 1e-3,
    gradNorm: 1,
    tokens: 10,
    totalTokens: step * 10,
    tokensPerSecond: 100,
    stepMs: 100,
    spheres: [],
    cursor: { epoch: 0, batch: step, state: null },
    ...(snapshot && { snapshot: snapshotOf(step) }),
  };
}

const save = (path: string, snapshot: Snapshot, metrics: SnapshotMetrics) =>
  saveCheckpoint(path, { config, layout, snapshot, metrics });

Deno.test("keep saves the snapshots, rotates them and passes every report on without", async () => {
  await withDir(async (parent) => {
    const dir = `${parent}/checkpoints`;
    const reports = Array.from(
      { length: 50 },
      (_, i) => reportOf(i + 1, { snapshot: (i + 1) % 10 === 0 }),
    );
    const saved: { step: number; path: string }[] = [];
    const meter = new StageMeter("checkpoint");
    const onSaved = (event: { step: number; path: string }) => saved.push(event);
    const passed = await Array.fromAsync(
      ReadableStream.from(reports).pipeThrough(
        checkpoint({ dir, save, retention: { keepLast: 2 }, meter, onSaved }),
      ),
    );
    assertEquals(passed, Array.from({ length: 50 }, (_, i) => reportOf(i + 1)));
    assert(passed.every((report) => !("snapshot" in report)));
    assertEquals(saved.map(({ step }) => step), [10, 20, 30, 40, 50]);
    assertEquals(saved.at(-1)?.path, `${dir}/step-000050`);
    const names = await Array.fromAsync(Deno.readDir(dir), ({ name }) => name);
    assertEquals(names.sort(), ["latest", "step-000040", "step-000050"]);
    const path = await latestCheckpoint(dir);
    assertEquals(path, `${dir}/step-000050`);
    const parameters = new Float32Array(layout.length);
    const { step, cursors, metrics } = await loadCheckpoint(path ?? "", { into: { parameters } });
    assertEquals([step, parameters[0]], [50, 50]);
    assertEquals(cursors, snapshotOf(50).cursors);
    assertEquals(metrics, { loss: 2, gradNorm: 1, learningRate: 1e-3, tokensPerSecond: 100 });
    const { itemsIn, itemsOut, bytesIn } = meter.counts();
    assertEquals([itemsIn, itemsOut, bytesIn], [50, 50, 5 * 3 * 4 * layout.length]);
  });
});

Deno.test("keep passes reports on when there is nothing to save, and ends when they end", async () => {
  await withDir(async (dir) => {
    const never = () => Promise.reject(new Error("there is nothing to save"));
    const stage = () => checkpoint({ dir, save: never });
    const none = ReadableStream.from<StepReport>([]).pipeThrough(stage());
    assertEquals(await Array.fromAsync(none), []);
    const one = ReadableStream.from([reportOf(1)]).pipeThrough(stage());
    assertEquals(await Array.fromAsync(one), [reportOf(1)]);
  });
});

Deno.test("keep breaks when a checkpoint cannot be saved, naming step and cause", async () => {
  await withDir(async (dir) => {
    const full = new Error("No space left on device");
    let cancelled: unknown;
    const reports = new ReadableStream<StepReport>({
      start: (controller) => controller.enqueue(reportOf(10, { snapshot: true })),
      cancel: (reason) => void (cancelled = reason),
    });
    const failing = checkpoint({ dir, save: () => Promise.reject(full) });
    const error = await assertRejects(
      () => Array.fromAsync(reports.pipeThrough(failing)),
      Error,
      "Cannot save step 10: No space left on device",
    );
    assertStrictEquals(error.cause, full);
    assertStrictEquals(cancelled, error, "the trainer is told to stop");
  });
});

Deno.test("keep writes beside training, one snapshot at a time, and ends once it is written", async () => {
  await withDir(async (dir) => {
    let pulled = 0;
    const reports = new ReadableStream<StepReport>({
      pull(controller) {
        controller.enqueue(reportOf(++pulled, { snapshot: pulled !== 2 }));
        if (pulled === 4) controller.close();
      },
    }, { highWaterMark: 0 });
    const disk = Promise.withResolvers<void>();
    let saving = 0;
    const slow = async (path: string, snapshot: Snapshot, metrics: SnapshotMetrics) => {
      assertEquals(++saving, 1, "one save at a time");
      await disk.promise;
      await save(path, snapshot, metrics);
      saving--;
    };
    const reader = reports.pipeThrough(checkpoint({ dir, save: slow })).getReader();
    assertEquals((await reader.read()).value?.step, 1, "does not wait for the disk");
    assertEquals((await reader.read()).value?.step, 2, "nor does a report without a snapshot");
    const third = reader.read();
    // A turn of the event loop settles every promise that could still ask for more.
    await new Promise((resolve) => setTimeout(resolve, 0));
    assertEquals(pulled, 3, "the second snapshot waits for the first");
    assertEquals(await latestCheckpoint(dir), undefined);
    disk.resolve();
    assertEquals((await third).value?.step, 3);
    assertEquals(await latestCheckpoint(dir), `${dir}/step-000001`);
    assertEquals((await reader.read()).value?.step, 4);
    assertEquals((await reader.read()).done, true);
    assertEquals([await latestCheckpoint(dir), saving], [`${dir}/step-000004`, 0]);
  });
});

for (const ending of ["cancelled", "failed"] as const) {
  Deno.test(`keep has written its snapshot when the stream is ${ending}`, async () => {
    await withDir(async (dir) => {
      const broken = new Error("a sphere failed");
      let first = true;
      const reports = new ReadableStream<StepReport>({
        pull(controller) {
          if (first) controller.enqueue(reportOf(1, { snapshot: true }));
          else if (ending === "failed") controller.error(broken);
          first = false;
        },
      }, { highWaterMark: 0 });
      const reader = reports.pipeThrough(checkpoint({ dir, save })).getReader();
      await reader.read();
      if (ending === "failed") {
        assertStrictEquals(await reader.read().catch((error) => error), broken);
      } else await reader.cancel("enough");
      assertEquals(await latestCheckpoint(dir), `${dir}/step-000001`);
    });
  });
}

Deno.test("keep saves the validation loss of the step, and keeps the best checkpoint by it", async () => {
  await withDir(async (dir) => {
    const losses = [3, 2, undefined, 2.5, NaN];
    const reports = losses.map((validationLoss, i) => ({
      ...reportOf(i + 1, { snapshot: true }),
      ...(validationLoss === undefined ? {} : { validationLoss }),
    }));
    const retention = { keepLast: 1 };
    const stage = checkpoint({
      dir,
      retention,
      save: (path, snapshot, metrics) =>
        saveCheckpoint(path, { config, layout, snapshot, metrics }),
    });
    await Array.fromAsync(ReadableStream.from(reports).pipeThrough(stage));
    assertEquals(await listCheckpoints(dir), ["step-000002", "step-000005"]);
    assertEquals((await readCheckpointInfo(`${dir}/step-000002`)).metrics.validationLoss, 2);
    assertEquals(
      (await readCheckpointInfo(`${dir}/step-000005`)).metrics.validationLoss,
      undefined,
    );
  });
});

Deno.test("keep refuses to keep no checkpoint", () => {
  for (const keepLast of [0, -1, 1.5, NaN]) {
    assertThrows(
      () => checkpoint({ dir: "checkpoints", save, retention: { keepLast } }),
      RangeError,
      `keepLast must be at least 1, got ${keepLast}`,
    );
  }
});

import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { reloadCheckpoints } from "../../run/checkpoint_reloader.ts";
import { openEngine } from "../../run/model_source.ts";
import { checkpointName, saveCheckpoint } from "../../model/checkpoint/mod.ts";
import { Scheduler } from "../../engine/mod.ts";
import { goldenModel, type Model, TOKENIZER_JSON } from "../model/checkpoint/fixture.ts";
import { distance, readGolden } from "../engine/golden.ts";

const PROMPT = [17, 4, 33];

/** Saves the model with its weights times `factor`. */
async function save(
  dir: string,
  { config, layout, snapshot }: Model,
  { step, factor, tokenizerJson = TOKENIZER_JSON, metrics = {} }: {
    step: number;
    factor: number;
    tokenizerJson?: string;
    metrics?: Readonly<Record<string, number>>;
  },
): Promise<string> {
  const path = join(dir, checkpointName(step));
  const parameters = snapshot.parameters.map((x) => x * factor);
  await saveCheckpoint(path, {
    config,
    layout,
    tokenizerJson,
    metrics,
    snapshot: { ...snapshot, step, parameters },
  });
  return path;
}

Deno.test("serving goes over to newer checkpoints, and what runs ends on its own", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const model = await goldenModel("gqa_untied");
    const first = await save(dir, model, { step: 1, factor: 1 });
    const options = { config: model.config, settings: { threads: 1 } } as const;
    const scheduler = new Scheduler(await openEngine(first, options));
    const another = async (prompt: readonly number[]): Promise<Float32Array> => {
      await using engine = await openEngine(first, options);
      using sequence = engine.createSequence(prompt);
      const [logits] = await engine.step([sequence]);
      return logits?.slice() ?? new Float32Array();
    };
    const lines: string[] = [];
    await using reloader = reloadCheckpoints({
      checkpoints: dir,
      scheduler,
      settings: { threads: 1 },
      tokenizerJson: TOKENIZER_JSON,
      note: (line) => lines.push(line),
    });
    const { inputIds: [row = []], logits } = await readGolden("gqa_untied");
    const running = await scheduler.admit(row.slice(0, 2));
    assertLess(distance(await running.next(), logits(0, 1)), 1e-4);

    await save(dir, model, { step: 2, factor: 0.5 });
    await reloader.refresh();
    const why = "the latest; none was validated on held-out documents";
    assertEquals(lines, [`Serving step-000002: ${why}`]);
    using fresh = await scheduler.admit(PROMPT);
    assertEquals([running.fingerprint, fresh.fingerprint], ["step-000001", "step-000002"]);
    assert(distance(await fresh.next(), await another(PROMPT)) > 0.01);
    // The old weights still answer whom they began to answer.
    assertLess(distance(await running.next(row[2]), logits(0, 2)), 1e-4);
    running[Symbol.dispose]();

    const damaged = await save(join(dir, "aside"), model, { step: 3, factor: 1 });
    await Deno.truncate(join(damaged, "model.safetensors"), 1000);
    await Deno.rename(damaged, join(dir, checkpointName(3)));
    await Deno.writeTextFile(join(dir, "latest"), `${checkpointName(3)}\n`);
    await reloader.refresh();
    assertEquals(scheduler.engine.fingerprint, "step-000002");
    assertStringIncludes(
      lines.at(-1) ?? "",
      "Cannot switch to step-000003, still serving step-000002: ",
    );
    await save(dir, model, { step: 4, factor: 1 });
    await reloader.refresh();
    assertEquals(lines.at(-1), `Serving step-000004: ${why}`);

    // The run may have been made again: its ids would be other words than this server's.
    await save(dir, model, { step: 5, factor: 1, tokenizerJson: ` ${TOKENIZER_JSON}` });
    await reloader.refresh();
    assertEquals(scheduler.engine.fingerprint, "step-000004");
    assertEquals(
      lines.at(-1),
      "Cannot switch to step-000005, still serving step-000004: " +
        "its tokenizer.json differs; restart the server to serve it",
    );
    fresh[Symbol.dispose]();
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("serving follows the best checkpoint, or the latest where that is wanted", async () => {
  for (const wish of ["best", "latest"] as const) {
    const dir = await Deno.makeTempDir();
    try {
      const model = await goldenModel("gqa_untied");
      const saved = (step: number, validationLoss?: number) =>
        save(dir, model, {
          step,
          factor: 1,
          metrics: validationLoss === undefined ? {} : { validationLoss },
        });
      const first = await saved(1, 3);
      const options = { config: model.config, settings: { threads: 1 } } as const;
      const scheduler = new Scheduler(await openEngine(first, options));
      await using reloader = reloadCheckpoints({
        checkpoints: dir,
        wish,
        scheduler,
        settings: { threads: 1 },
        tokenizerJson: TOKENIZER_JSON,
        note: () => {},
      });
      const served: string[] = [];
      // Better, worse, not validated, and as good as the best.
      for (const [step, loss] of [[2, 2], [3, 2.5], [4, undefined], [5, 2]] as const) {
        await saved(step, loss);
        await reloader.refresh();
        served.push(scheduler.engine.fingerprint);
      }
      const steps = wish === "best" ? [2, 2, 2, 5] : [2, 3, 4, 5];
      assertEquals(served, steps.map(checkpointName));
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  }
});

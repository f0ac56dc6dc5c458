/** A stop gives a long step up: the weights stay those of the step before. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { presetConfig } from "../../../model/config.ts";
import { createLayout } from "../../../model/layout.ts";
import { initParameters } from "../../../model/init.ts";
import { newTraining, SCHEDULE_DEFAULTS, train } from "../../../stages/train/mod.ts";
import { openSpheres, type Spheres } from "../../../workers/mod.ts";

const ROWS = 4, COLS = 256;
const config = presetConfig("tiny", { vocabSize: 300, endOfTextId: 0 });
const ids = Int32Array.from({ length: ROWS * COLS }, (_, at) => at % 299);
const batch = {
  inputIds: ids,
  targetIds: ids.map((id) => id + 1),
  mask: ids.map(() => 1),
  rows: ROWS,
  cols: COLS,
  validTokens: ids.length,
  cursor: { epoch: 0, batch: 1, state: undefined },
};
const schedule = { ...SCHEDULE_DEFAULTS, name: "constant", peak: 0.01 } as const;

async function open(): Promise<Spheres> {
  const spheres = await openSpheres({ config, rows: ROWS, cols: COLS, workers: 2 });
  initParameters(spheres.parameters, { config, layout: createLayout(config), seed: 1 });
  await spheres.packWeights();
  return spheres;
}

const stateOf = ({ parameters, firstMoment, secondMoment }: Spheres) =>
  [parameters, firstMoment, secondMoment].map((area) => area.slice());

Deno.test("a step that a stop interrupts leaves the weights of the step before", async () => {
  await using calm = await open();
  await Array.fromAsync(
    ReadableStream.from([batch]).pipeThrough(
      train({ spheres: calm, state: newTraining(), schedule, duration: { steps: 10 } }),
    ),
  );

  await using spheres = await open();
  const state = newTraining();
  const stop = new AbortController();
  const stage = train({
    spheres,
    state,
    schedule,
    duration: { steps: 10 },
    stop: stop.signal,
    graceMs: 1,
    objective: {
      step(...args) {
        const step = spheres.step(...args);
        if (state.step === 1) stop.abort();
        return step;
      },
      evaluate: (batch) => spheres.evaluate(batch),
    },
  });
  const reports = await Array.fromAsync(
    ReadableStream.from([batch, batch, batch]).pipeThrough(stage),
  );
  assertEquals([reports.length, state.step], [1, 1]);
  assertEquals([spheres.abandoned, spheres.failed], [true, false]);
  assertEquals(stateOf(spheres), stateOf(calm));
  await assertRejects(() => spheres.step(batch, {} as never), Error, "the workers are closed");
});

Deno.test("what is not a step, or is over, is not abandoned", async () => {
  await using spheres = await open();
  const evaluated = spheres.evaluate(batch);
  spheres.abandon();
  assert((await evaluated).loss > 0);
  spheres.abandon();
  assertEquals([spheres.abandoned, spheres.failed], [false, false]);
});

/**
 * What does it cost to report a run?
 *
 * @module
 */
import process from "node:process";
import { join } from "node:path";
import { openSampleWriter } from "../pipeline/samples.ts";
import { saveCheckpoint } from "../model/checkpoint/mod.ts";
import { presetConfig, PRESETS } from "../model/config.ts";
import { initParameters } from "../model/init.ts";
import { randomStream } from "../model/random.ts";
import { createDashboard } from "../dashboard/mod.ts";
import { StageMeter } from "../stages/meter.ts";
import { openEventFile, openTelemetry, report, startStatus } from "../stages/report/mod.ts";
import { formatTokenizer, trainTokenizer } from "../tokenizer/mod.ts";
import { ADAMW_DEFAULTS } from "../stages/train/mod.ts";
import type { StepReport } from "../stages/types.ts";
import { openSpheres, type SphereBatch } from "../workers/mod.ts";

const TRAINED = 20, REPORTED = 400;
/** Steps between two checkpoints, each of which is sampled. */
const SAMPLE_EVERY = 200;

/**
 * Runs `bench report`: processor time, of all threads, of a step of preset tiny, and beside it that
 * of reporting one: metrics.jsonl, TensorBoard, OpenTelemetry's API, the terminal's lines and
 * status.json, with a page that follows. Wall time could not tell so small a part from noise.
 */
export async function run(): Promise<void> {
  const tokenizer = await trainTokenizer(ReadableStream.from(texts()), { vocabSize: 4096 });
  const config = presetConfig("tiny", { vocabSize: tokenizer.vocabSize, endOfTextId: 0 });
  const { rows, cols } = PRESETS.tiny;
  await using spheres = await openSpheres({ config, rows, cols });
  const { layout, parameters } = spheres;
  initParameters(parameters, { config, layout, seed: 1 });
  await spheres.packWeights();
  const random = randomStream(1, { name: "bench" });
  const inputIds = Int32Array.from(
    { length: rows * cols },
    (_, i) => random.word(i) % config.vocab_size,
  );
  const batch: SphereBatch = {
    inputIds,
    targetIds: inputIds,
    mask: inputIds.map(() => 1),
    rows,
    cols,
    validTokens: inputIds.length,
  };
  const cursor = { epoch: 0, batch: 0, state: null };
  const train = async (step: number): Promise<StepReport> => {
    const outcome = await spheres.step(batch, { ...ADAMW_DEFAULTS, step, learningRate: 1e-4 });
    return {
      step,
      loss: outcome.loss,
      perplexity: 1,
      learningRate: 1e-4,
      gradNorm: 1,
      tokens: 1536,
      totalTokens: 1536 * step,
      tokensPerSecond: 9000,
      stepMs: 170,
      cursor,
      spheres: outcome.spheres,
    };
  };
  for (let step = 1; step <= 10; step++) await train(step);
  let last = await train(11);
  const stepMs = await cpuMs(async () => {
    for (let step = 1; step <= TRAINED; step++) last = await train(step);
  }) / TRAINED;

  await Deno.mkdir("runs", { recursive: true });
  const dir = await Deno.makeTempDir({ dir: "runs", prefix: "bench-" });
  try {
    const reportMs = await cpuMs(() => reportSteps(dir, last)) / REPORTED;
    const path = join(dir, "step-000001");
    await saveCheckpoint(path, {
      config,
      layout,
      tokenizerJson: formatTokenizer(tokenizer),
      snapshot: {
        step: 1,
        totalTokens: 0,
        cursors: { batch: cursor },
        parameters,
        firstMoment: spheres.firstMoment,
        secondMoment: spheres.secondMoment,
      },
    });
    const writer = openSampleWriter({
      runDir: dir,
      seed: 0,
      prompts: ["The people"],
      note: console.error,
    });
    const sampleMs = await cpuMs(() => {
      writer.take({ step: 1, path });
      return writer.idle();
    }) / SAMPLE_EVERY;
    const percent = (ms: number) => `${(100 * ms / stepMs).toFixed(2)} %`;
    console.log({
      stepMs,
      reportMs,
      sampleMs,
      reporting: percent(reportMs),
      samples: percent(sampleMs),
      together: percent(reportMs + sampleMs),
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Reports a step again and again, to all that may listen. */
async function reportSteps(dir: string, step: StepReport): Promise<void> {
  const events = await openEventFile(join(dir, "tensorboard"));
  const meters = ["crawl", "extract", "refine", "batch", "train"].map((name) =>
    new StageMeter(name)
  );
  const terminal = { isTerminal: true, size: () => ({ columns: 100, rows: 40 }), write() {} };
  using status = startStatus({ totalSteps: REPORTED, terminal, runDir: dir, meters });
  const app = createDashboard({
    runs: [{ name: "bench", dir }],
    exposition: () => Promise.resolve(""),
  });
  const page = (await app.request("/events")).body?.getReader();
  const reading = (async () => {
    while (page && !(await page.read()).done);
  })();
  async function* steps(): AsyncGenerator<StepReport> {
    for (let i = 1; i <= REPORTED; i++) {
      yield { ...step, step: i };
      // As between two steps: timers and watchers have their turn.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
  const sinks = [await openTelemetry(), events];
  await ReadableStream.from(steps())
    .pipeTo(report({ runDir: dir, status, meters, sinks }));
  await page?.cancel();
  await reading;
}

/** Milliseconds of processor time that all threads together spend. */
async function cpuMs(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function* texts(): Generator<string> {
  for (let i = 0; i < 2000; i++) {
    yield `Document ${i} tells of ${i * i} things and of ${i % 7} more.`;
  }
}

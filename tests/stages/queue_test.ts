// What each stage takes in while nobody reads from it: bounded in what the values weigh, whatever
// their number, and a value larger than the bound passes all the same.
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { batch } from "../../stages/batch/mod.ts";
import { checkpoint } from "../../stages/checkpoint/mod.ts";
import { extract } from "../../stages/extract/mod.ts";
import { journal, openJournal } from "../../stages/journal/mod.ts";
import { bounded } from "../../stages/queue.ts";
import { openSeenTexts, refine } from "../../stages/refine/mod.ts";
import { epochs, openStore, store } from "../../stages/store/mod.ts";
import { tokenize } from "../../stages/tokenize/mod.ts";
import { newTraining, SCHEDULE_DEFAULTS, train } from "../../stages/train/mod.ts";
import type { Barrier, Batch, Document, EpochRun, Page, StepReport } from "../../stages/types.ts";
import { parseTokenizer } from "../../tokenizer/mod.ts";
import { openGolden, readGolden } from "../workers/golden.ts";
import { stepReport } from "./report/step_report.ts";
import { newDocuments } from "../../pipeline/ingest/new_documents.ts";

const FIXTURE = new URL("../fixtures/bpe/tokenizer.json", import.meta.url);
const tokenizer = parseTokenizer(await Deno.readTextFile(FIXTURE), { source: "tokenizer.json" });
const { vocabSize } = tokenizer;
/** What the largest queues of a stage hold together, and as much again on its way through it. */
const MOST = 8 * 2 ** 20;
/** A 128th of that. */
const SIZE = 2 ** 16;

const text = (i: number, size: number) => `${i} ${"word ".repeat(size / 5)}`;
const page = (i: number, size: number): Page => ({
  url: `http://a/${i}`,
  contentType: "text/plain",
  body: new TextEncoder().encode(text(i, size)),
  fetchedAt: "",
});
const document = (i: number, size: number): Document => ({
  id: i.toString(16).padStart(16, "0"),
  url: `http://a/${i}`,
  title: "",
  lang: "en",
  text: text(i, size),
  fetchedAt: "",
});
const run = (i: number, size: number): EpochRun => ({
  docId: i.toString(16).padStart(16, "0"),
  split: "train",
  ids: new Uint16Array(size).fill(5),
  epoch: 0,
  place: i,
  index: i,
});

/** Turns of the event loop after which nothing has moved. */
const IDLE_TURNS = 20;

/** Bytes, characters or tokens that go into `stage` while nobody reads from it, without an end. */
async function taken<In extends object>(
  stage: ReadableWritablePair<unknown, In>,
  make: (i: number, size: number) => In,
): Promise<number> {
  let passed = 0, turns = 0;
  const endless = new ReadableStream<In>({
    pull(controller) {
      turns = 0;
      controller.enqueue(make(passed / SIZE, SIZE));
      passed += SIZE;
    },
  }, { highWaterMark: 0 });
  const over = new AbortController();
  const piping = endless.pipeTo(stage.writable, { signal: over.signal });
  const ended = piping.catch((reason: unknown) => assertEquals(reason, over.signal.reason));
  while (turns++ < IDLE_TURNS && passed <= MOST) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  over.abort(new Error("seen enough"));
  await Promise.all([ended, stage.readable.cancel().catch(() => {})]);
  return passed;
}

/** Passes one value of 24 times the size through `stage`. */
async function oversized<In extends object, Out>(
  stage: ReadableWritablePair<Out, In>,
  make: (i: number, size: number) => In,
): Promise<Out[]> {
  return await Array.fromAsync(ReadableStream.from([make(0, 3 * MOST)]).pipeThrough(stage));
}

/** Holds a stage to both; `made` opens it anew. */
async function check<In extends object, Out>(
  made: () => ReadableWritablePair<Out, In>,
  make: (i: number, size: number) => In,
): Promise<void> {
  const passed = await taken(made(), make);
  assert(passed > 0 && passed <= MOST, `${passed} of endless input`);
  assert((await oversized(made(), make)).length > 0, "one large value");
}

Deno.test("bounded: sizes count, also those of barriers", async () => {
  const { writable } = new TransformStream({}, bounded(4096, ({ ids }: EpochRun) => ids.length));
  const writer = writable.getWriter();
  const barrier: Barrier = { cursors: {} };
  for (let i = 0; i < 4; i++) writer.write(barrier).catch(() => {});
  assertEquals(writer.desiredSize, 0);
  await writer.abort().catch(() => {});
});

Deno.test("each stage takes in what its bound says, of endless input and of large values", async (t) => {
  const dir = await Deno.makeTempDir();
  using seen = openSeenTexts(":memory:");
  const options = { dir: join(dir, "tokens"), vocabSize, tokenizerHash: "a" };
  const tokens = await openStore(options);
  await t.step("extract", () => check(() => extract(), page));
  await t.step("refine", () => check(() => refine({ seen }), document));
  const refuseEmpty = () => new Error("empty");
  let asked = 0;
  await t.step("newDocuments", () =>
    check(
      () => newDocuments({ isNew: () => asked++ >= 0, hasDocuments: false, refuseEmpty }),
      document,
    ));
  await t.step(
    "tokenize",
    () => check(() => tokenize({ tokenizer, split: () => "train" }), document),
  );
  await t.step("store", () => check(() => store({ store: tokens }), run));
  await t.step(
    "epochs",
    () => check(() => epochs({ store: tokens, order: "stored", maxEpochs: 1 }), run),
  );
  await t.step(
    "batch",
    () => check(() => batch({ rows: 4, cols: 64, vocabSize, windowTokens: 2 ** 12 }), run),
  );
  const reports = (step: number, size: number): StepReport => {
    const [parameters, firstMoment, secondMoment] = [0, 1, 2].map(() =>
      new Float32Array(size / 12)
    ) as [Float32Array, Float32Array, Float32Array];
    const snapshot = { step, totalTokens: 1, cursors: {}, parameters, firstMoment, secondMoment };
    return stepReport(step, { snapshot });
  };
  const save = () => Promise.resolve();
  await Deno.mkdir(join(dir, "checkpoints"));
  await t.step(
    "checkpoint",
    () => check(() => checkpoint({ dir: join(dir, "checkpoints"), save }), reports),
  );
  await tokens[Symbol.asyncDispose]();
  await Deno.remove(dir, { recursive: true });
});

Deno.test("train: one batch waits beside the one that is trained on", async () => {
  const golden = await readGolden("gqa_untied");
  await using spheres = await openGolden(golden, { workers: 1 });
  const { rows, cols } = golden.batch;
  const made = (): Batch => ({ ...golden.batch, cursor: { epoch: 0, batch: 1, state: undefined } });
  const stage = train({
    spheres,
    state: newTraining(),
    duration: { steps: 1000 },
    schedule: { name: "constant", peak: 0.01, ...SCHEDULE_DEFAULTS },
  });
  const passed = await taken(stage, made);
  assert(passed / SIZE <= 3, `${passed / SIZE} batches of ${rows} x ${cols}`);
});

Deno.test("journal: what is written and not yet read stays below its bound", async () => {
  const dir = await Deno.makeTempDir();
  {
    await using corpus = await openJournal({ dir });
    const ends = journal({ journal: corpus, maxLagBytes: 2 ** 20 });
    const passed = await taken(ends, document);
    assert(passed >= 2 ** 20 && passed <= 2 ** 20 + 4 * SIZE, `${passed}`);
  }
  await Deno.remove(dir, { recursive: true });
});

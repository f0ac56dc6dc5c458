/**
 * The whole pipeline, wired: each stage is piped into the next, and what is still running is
 * cancelled from the end.
 *
 * @module
 */
import { presetConfig, PRESETS } from "../model/config.ts";
import { batch, resumePoint } from "../stages/batch/mod.ts";
import { journal, openJournal } from "../stages/journal/mod.ts";
import { StageMeter } from "../stages/meter.ts";
import { startStatus } from "../stages/report/mod.ts";
import { epochs, openStore, store } from "../stages/store/mod.ts";
import { tokenize } from "../stages/tokenize/mod.ts";
import type { StepReport } from "../stages/types.ts";
import { openDropLog } from "./drop_log.ts";
import { finish } from "./finish.ts";
import { heldOutBatches, splitOf } from "./held_out.ts";
import { openIntake } from "./intake.ts";
import type { RunPaths, RunSettings } from "./run_folder.ts";
import { splitSources } from "./sources.ts";
import { learnTokenizer, loadTokenizer, type TokenizerFile } from "./tokenizer_file.ts";
import { openTrainer } from "./trainer.ts";
import { optimizerOf, scheduleOf } from "./training_flags.ts";

/** What a run does, settings aside, never changes its result. */
export interface PipelineOptions {
  readonly paths: RunPaths;
  readonly settings: RunSettings;
  /** Origin of the sample site, when that is the source. */
  readonly site: string | undefined;
  readonly workers: number;
  readonly strictSimd: boolean;
  readonly checkpointEvery: number;
  readonly validateEvery: number;
  readonly userAgent: string;
  readonly contact: string | undefined;
  readonly allowPrivate: boolean;
  readonly json: boolean;
  readonly stop: AbortSignal;
}

/** Runs the pipeline until training is over or `stop` is given; prints what came of it. */
export async function runPipeline(options: PipelineOptions): Promise<void> {
  const { paths, settings, site, stop } = options;
  await using resources = new AsyncDisposableStack();
  // Ends the intake when training has had enough, or when the user has.
  const enough = new AbortController();
  const stopIntake = AbortSignal.any([stop, enough.signal]);

  const log = resources.use(await openJournal({ dir: paths.corpus }));
  const drops = resources.use(openDropLog(paths.drops));
  const intake = log.sealed ? undefined : resources.use(
    await openIntake({
      sources: site === undefined
        ? splitSources(settings.sources)
        : { urls: [`${site}/`], paths: [] },
      paths,
      journal: log,
      maxPages: settings.maxPages,
      seed: settings.seed,
      userAgent: options.userAgent,
      contact: options.contact,
      allowOrigins: site === undefined ? [] : [site],
      allowPrivate: options.allowPrivate,
      stop: stopIntake,
      onDrop(drop) {
        drops.add(drop);
        status.note(`${drop.stage} dropped ${drop.item}: ${drop.reason} (${drop.detail})`);
      },
    }),
  );
  const meters = {
    journal: new StageMeter("journal"),
    tokenize: new StageMeter("tokenize"),
    store: new StageMeter("store"),
    batch: new StageMeter("batch"),
    train: new StageMeter("train"),
    keep: new StageMeter("keep"),
  };
  const allMeters = [...intake?.meters ?? [], ...Object.values(meters)];
  using status = startStatus({
    meters: allMeters,
    ...(settings.steps > 0 ? { totalSteps: settings.steps } : {}),
    json: options.json,
  });

  let learned: TokenizerFile | undefined = await loadTokenizer(paths, settings);
  const openTokens = async ({ tokenizer, hash }: TokenizerFile) =>
    resources.use(
      await openStore({
        dir: paths.tokens,
        vocabSize: tokenizer.vocabSize,
        tokenizerHash: hash,
      }),
    );
  let tokens = learned && await openTokens(learned);

  status.phase(intake ? "collecting documents" : "reading the corpus");
  const ready = Promise.withResolvers<void>();
  const ends = journal({
    journal: log,
    from: tokens?.documents ?? 0,
    ready: ready.promise,
    meter: meters.journal,
    ...(intake ? { onStored: intake.stored } : {}),
  });
  // Rejects when training ends first: then `ended` holds the reason nobody needs.
  const filled = intake ? intake.documents.pipeTo(ends.writable) : ends.writable.close();
  const ended = filled.then(() => undefined, (reason: unknown) => ({ reason }));

  try {
    if (!learned) {
      status.phase("collecting documents for the tokenizer");
      learned = await learnTokenizer(paths, {
        journal: log,
        vocab: settings.vocab,
        status,
        stop,
      });
    }
    tokens ??= await openTokens(learned);
    const { tokenizer, json: tokenizerJson } = learned;

    const preset = PRESETS[settings.preset];
    const config = presetConfig(settings.preset, {
      vocabSize: tokenizer.vocabSize,
      endOfTextId: tokenizer.endOfTextId,
    });
    const rows = preset.rows * settings.gradAccumulation;
    await using trainer = await openTrainer({
      config,
      paths,
      seed: settings.seed,
      ...(settings.init === "" ? {} : { init: settings.init }),
      tokenizerJson,
      rows,
      cols: preset.cols,
      leaves: settings.leaves * settings.gradAccumulation,
      workers: options.workers,
      strictSimd: options.strictSimd,
    });
    const { cursor } = trainer.state;
    status.phase("training");
    ready.resolve();
    const live = ends.readable
      .pipeThrough(tokenize({
        tokenizer,
        split: splitOf,
        startIndex: tokens.documents,
        meter: meters.tokenize,
      }))
      .pipeThrough(store({ store: tokens, meter: meters.store }));
    const batches = epochs({
      store: tokens,
      live,
      ...(cursor ? { start: resumePoint(cursor) } : {}),
    })
      .pipeThrough(batch({
        rows,
        cols: preset.cols,
        seed: settings.seed,
        vocabSize: config.vocab_size,
        meter: meters.batch,
        ...(cursor ? { cursor } : {}),
      }));
    const reports = trainer.reports(batches, {
      duration: settings.steps > 0 ? { steps: settings.steps } : { seconds: settings.seconds },
      schedule: scheduleOf(settings),
      optimizer: optimizerOf(settings),
      checkpointEvery: options.checkpointEvery,
      validateEvery: options.validateEvery,
      validation: () =>
        heldOutBatches({ journal: log, tokenizer, rows: preset.rows, cols: preset.cols }),
      stop,
      status,
      meters: { train: meters.train, keep: meters.keep },
      allMeters,
    });
    let last: StepReport | undefined;
    try {
      for await (const report of reports) last = report;
    } finally {
      // A broken stage ends the run; what was trained until then is kept.
      if (!trainer.spheres.failed) await trainer.save();
    }
    enough.abort(new DOMException("training is over", "AbortError"));
    await ended;
    status.close();
    await finish({
      paths,
      settings,
      trainer,
      last,
      journal: log,
      tokenizer,
      stopped: stop.aborted,
      json: options.json,
    });
  } finally {
    enough.abort(new DOMException("the run is over", "AbortError"));
    ready.reject(new DOMException("the run is over", "AbortError"));
    ready.promise.catch(() => {});
    await ended;
  }
}

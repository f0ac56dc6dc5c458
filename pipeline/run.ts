/**
 * A run of the pipeline: opens the resources of its stages, and closes them in reverse order.
 *
 * @module
 */
import { headSampleOf, RECIPE_TABLE } from "../model/recipes.ts";
import { checkCursor, journal } from "../stages/journal/mod.ts";
import { StageMeter } from "../stages/meter.ts";
import {
  type MetricsSink,
  openEventFile,
  openTelemetry,
  startStatus,
} from "../stages/report/mod.ts";
import { openStore } from "../stages/store/mod.ts";
import { openEncoders } from "../stages/tokenize/mod.ts";
import type { Barrier } from "../stages/types.ts";
import { announcePlan } from "./announce.ts";
import { learnStages } from "./learn_stages.ts";
import { collect, learn } from "./pipeline.ts";
import { openDropLog } from "./ingest/drop_log.ts";
import { finish } from "./finish/finish.ts";
import { isFinished } from "../run/finished.ts";
import { openIngest } from "./ingest/ingest.ts";
import { countIngest, describeIngest, failureOf, noDocuments } from "./ingest/summary.ts";
import { isAnswerTo } from "../cli/interrupt.ts";
import { recordManifest } from "../run/manifest.ts";
import { openCorpus } from "../run/open_corpus.ts";
import { courseOfRun } from "../run/passes_made.ts";
import { describeFallBack } from "../run/fall_back.ts";
import { checkSameTokenizer, describeDrift, provenanceOf } from "../run/provenance.ts";
import { collectFacts } from "./facts.ts";
import { measureConstants } from "./constants.ts";
import { runConfig } from "../run/config.ts";
import { writeRunReport } from "./finish/report.ts";
import { splitSources } from "../run/sources.ts";
import { openBeginning } from "./beginning.ts";
import { describeSkip, describeStop } from "../run/stopped.ts";
import { learnTokenizer, loadTokenizer, type TokenizerFile } from "../run/tokenizer_file.ts";
import { openTrainer } from "./trainer.ts";
import type { PipelineOptions } from "./run_options.ts";
import { replicasOf } from "../run/settings/replicas.ts";
import { warmUpChars } from "../run/warm_up.ts";
import { say, sayText, tell } from "../cli/print.ts";

/** Runs the pipeline until training is over or `stop` aborts; prints a summary. */
export async function runPipeline(options: PipelineOptions): Promise<void> {
  const { paths, settings, site, stop, json } = options;
  await using resources = new AsyncDisposableStack();
  // Ends the ingest when training needs no more, or the user stops the run.
  const enough = new AbortController();
  const meters = {
    journal: new StageMeter("journal"),
    tokenize: new StageMeter("tokenize"),
    store: new StageMeter("store"),
    batch: new StageMeter("batch"),
    train: new StageMeter("train"),
    checkpoint: new StageMeter("checkpoint"),
  };
  // The crawl may drop its first page before the status exists.
  let note = (line: string) => tell(line);
  const { journal: log, mark } = await openCorpus(paths, { note });
  resources.use(log);
  const before = log.count;
  const drops = resources.use(openDropLog(paths.drops, {
    note: (line) => note(line),
    keepText: options.keepDropped,
  }));
  const ingest = log.sealed ? undefined : resources.use(
    await (options.openIngest ?? openIngest)({
      sources: splitSources(site === undefined ? settings.sources : [`${site}/`]),
      paths,
      journal: log,
      mark,
      settings,
      contact: options.contact,
      chromium: options.chromium,
      allowOrigins: site === undefined ? [] : [site],
      stop: AbortSignal.any([stop, enough.signal]),
      onDrop: drops.add,
    }),
  );
  // The last writes are acknowledged to the sources, which are closed after this.
  resources.defer(() => log.flush());
  // Opening a finished run again leaves its files unchanged.
  const finished = !options.fallBack && await isFinished(paths, settings);
  const facts = collectFacts(log);
  const allMeters = [...ingest?.meters ?? [], ...Object.values(meters)];
  using status = startStatus({
    meters: allMeters,
    nodes: options.nodes,
    facts: facts.now,
    json,
    ...(finished ? {} : { runDir: paths.root }),
    ...(settings.steps > 0 ? { totalSteps: settings.steps } : {}),
  });
  note = status.note;
  if (!json) options.onStatus?.(status.note);
  let isTraining = false;
  stop.addEventListener("abort", () => {
    status.phase(`stopping${isTraining ? " after this step" : ""}; Ctrl-C again ends at once`);
  });
  const summarize = () => {
    if (!ingest || json) return;
    const options = { list: paths.drops, stopped: stop.aborted, total: log.count };
    sayText(describeIngest(counts(), options));
  };
  const counts = () =>
    countIngest({ sources: ingest?.sources ?? [], documents: log.count - before, drops });
  let learned: TokenizerFile | undefined = await loadTokenizer(paths, settings);
  const openTokens = async ({ tokenizer: { vocabSize }, hash }: TokenizerFile) =>
    resources.use(await openStore({ dir: paths.tokens, vocabSize, tokenizerHash: hash }));
  let tokens = learned && await openTokens(learned);

  status.phase(ingest ? "collecting documents" : "reading the corpus");
  const ready = Promise.withResolvers<void>();
  const ends = journal<Barrier>({
    journal: log,
    barrier: { cursors: {} },
    ...(mark ? { mark } : {}),
    from: tokens?.documents ?? 0,
    ready: ready.promise,
    meter: meters.journal,
    ...(ingest ? { onStored: ingest.stored, onMark: ingest.marked } : {}),
  });
  // Propagates an ingestion failure to the stages that wait for documents.
  const broken = new AbortController();
  const signal = AbortSignal.any([stop, broken.signal]);
  const refuseEmpty = () => {
    const list = paths.drops;
    const [failure] = (ingest?.sources ?? []).flatMap((source) =>
      failureOf(source, { drops, list }) ?? []
    );
    return failure ?? noDocuments(counts(), { doing: "train", list, cutShort: ingest?.cutShort() });
  };
  const ended = (async () => {
    if (!ingest) return await ends.writable.close();
    const newDocuments = { isNew: ingest.isNew, hasDocuments: log.count > 0, refuseEmpty };
    await collect({ documents: ingest.documents(), newDocuments, journal: ends });
    for (const line of ingest.passedOver()) note(line);
  })().catch((reason: unknown) => broken.abort(reason));

  try {
    if (!learned) {
      learned = await learnTokenizer(paths, {
        journal: log,
        vocab: settings.vocab,
        chars: settings.order === "stored" ? undefined : warmUpChars(settings),
        status,
        signal,
      });
    }
    tokens ??= await openTokens(learned);
    const { tokenizer, json: tokenizerJson } = learned;

    const { config, cols, rows: fewRows } = await runConfig(settings, { paths, tokenizer });
    const rows = fewRows * settings.gradAccumulation;
    const provenance = await provenanceOf(settings, { tokenizer: learned });
    await using trainer = await openTrainer({
      config,
      paths,
      seed: settings.seed,
      zeroResidual: RECIPE_TABLE[settings.recipe ?? "plain"].zeroResidual,
      ...headSampleOf(settings.recipe ?? "plain", { vocabSize: config.vocab_size }),
      ...(settings.init === "" ? {} : { init: settings.init }),
      tokenizerJson,
      run: provenance,
      fallBack: options.fallBack,
      rows,
      cols,
      leaves: settings.leaves * settings.gradAccumulation,
      ...replicasOf(settings),
      ...options.openRounds && { openRounds: options.openRounds },
      ...options.spheres,
    });
    facts.know({ store: tokens, config, state: trainer.state });
    checkCursor(log, trainer.state.cursors.journal);
    checkSameTokenizer(trainer.resumedRun, provenance);
    const drift = describeDrift(trainer.resumedRun, provenance);
    if (drift) status.note(drift);
    if (trainer.fallBack) status.note(describeFallBack(trainer.fallBack));
    const { checkpointEvery, spheres: { workers } } = options;
    const begun = { paths, settings, journal: log, trainer, status, json, cols, signal };
    const { plan, onStep } = await announcePlan({
      ...begun,
      tokenizer,
      config,
      rows,
      workers,
      checkpointEvery,
      finished,
    });
    const expectEnd = () => {
      if (settings.steps > 0) return;
      status.endAt(Date.now() + 1000 * (settings.seconds - trainer.state.seconds));
    };
    const beginning = await openBeginning({ ...begun, tokenizer: learned, rows: fewRows });
    const { validation, prompts, samples, see } = beginning;
    isTraining = true;
    if (!stop.aborted) status.phase(finished ? "already finished, nothing to train" : "training");
    expectEnd();
    ready.resolve();
    const stages = trainer.stages({ retention: options.retention, status, meters });
    const sinks: MetricsSink[] = [await openTelemetry()];
    if (options.tensorboard) sinks.push(await openEventFile(paths.tensorboard));
    const constants = await measureConstants({
      journal: log,
      validation,
      tokenizer,
      config,
      cols,
      workers,
    });
    const learning = learn({
      journal: ends,
      ...learnStages({
        settings,
        tokenizer,
        encoders: resources.use(openEncoders(tokenizer)),
        tokens,
        rows,
        cols,
        training: stages.train,
        validation: validation.batches,
        checkpointEvery,
        meters,
        stop,
      }),
      checkpoint: { ...stages.checkpoint, onSaved: samples.take },
      report: {
        ...stages.report,
        meters: allMeters,
        constants,
        sinks,
        onStep(report) {
          onStep(report);
          see(report);
          if (report.skipped) status.note(describeSkip(report));
          expectEnd();
        },
      },
    });
    try {
      await learning;
    } finally {
      // A failed stage ends the run; training up to that point is saved.
      if (!trainer.spheres.failed) await trainer.save();
    }
    enough.abort(new DOMException("training is over", "AbortError"));
    await ended;
    stop.throwIfAborted();
    status.phase("exporting");
    await samples.idle();
    const path = await trainer.save();
    // A run shorter than its first checkpoint gets a sample too.
    if (path !== undefined && !finished) samples.take({ step: trainer.state.step, path });
    await samples.idle();
    const stored = { ...begun, store: tokens };
    const outcome = await finish({ ...stored, plan, validation, prompts, stop });
    status.phase("done");
    status.close();
    summarize();
    if (!finished) {
      const parts = { settings, journal: log, store: tokens, tokenizer: learned };
      const course = await courseOfRun(stored);
      const [{ vocabSize }, { verdict }] = [tokenizer, outcome];
      await writeRunReport(paths, { ...parts, course, vocabSize, verdict });
      await tokens.flush();
      await recordManifest(paths, parts);
    }
    (json ? say : sayText)(outcome.text);
  } catch (error) {
    if (!isAnswerTo(stop, error)) throw error;
    enough.abort(error);
    await ended;
    await log.flush();
    status.phase("stopped");
    status.close();
    summarize();
    const line = await describeStop(paths, { documents: log.count });
    // With --json, standard output has JSON only.
    (json ? tell : sayText)(line);
  } finally {
    enough.abort(new DOMException("the run is over", "AbortError"));
    ready.promise.catch(() => {});
    ready.reject(new DOMException("the run is over", "AbortError"));
    await ended;
  }
}

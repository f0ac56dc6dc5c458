/**
 * `pipeline`: from pages to a served language model.
 *
 * @module
 */
import { join } from "node:path";
import { latestCheckpoint, stepOf } from "../model/checkpoint/mod.ts";
import { exists } from "../model/durable.ts";
import { hasDocuments, SEAL } from "../stages/journal/mod.ts";
import { readExisting } from "../run/settings/changed.ts";
import { type Command, command } from "../cli/command.ts";
import { checkRules } from "../cli/flag_rules.ts";
import { checkBlocked } from "../run/block_list.ts";
import { checkChromium, checkPrivate, checkSourceFlags } from "../run/settings/crawl.ts";
import { listenDashboard } from "../dashboard/mod.ts";
import { initFolder } from "../run/choose_checkpoint.ts";
import { forgetCorpus } from "../run/forget_corpus.ts";
import { stopOnInterrupt } from "../cli/interrupt.ts";
import { checkInit } from "../run/named_model.ts";
import { PIPELINE_FLAGS, settingsOf, valuesIn } from "../run/settings/pipeline.ts";
import { findIndexes } from "../pipeline/ingest/refinery.ts";
import { checkContext } from "../run/config.ts";
import { type RunPaths, runPaths, writeSettings } from "../run/folder.ts";
import { makeFolder } from "../run/make_folder.ts";
import { lockRun } from "../run/lock.ts";
import { type RunServer, serveRun } from "../pipeline/serve_run.ts";
import { turnDial } from "../pipeline/dial/dial.ts";
import { runPipeline } from "../pipeline/run.ts";
import { describeForced, settle } from "../run/settings/settle.ts";
import { openSampleSite } from "../pipeline/ingest/sample_source.ts";
import { checkSources } from "../run/sources.ts";
import { TooLittleText } from "../pipeline/survey.ts";
import { replicasOf } from "../run/settings/replicas.ts";
import { spheresOf } from "../run/settings/training.ts";
import { say, tell } from "../cli/print.ts";

/** The `pipeline` command. */
export const pipeline: Command = command({
  name: "pipeline",
  summary:
    "Crawls or reads pages, trains a tokenizer and a model on their text, and exports it for serving.\n" +
    "Without operands: a sample site on this machine over 233 State of the Union addresses.",
  operands: "[URL | FILE | FOLDER]...",
  flags: PIPELINE_FLAGS,
  rulesLater: true,
  examples: [
    "deno task pipeline --run runs/docs --contact you@example.org https://example.org/docs/",
    "deno task pipeline --run runs/mine --preset small notes/ book.txt",
    "deno task pipeline --run runs/mine",
  ],
  async run(parsed) {
    const { values, given } = parsed;
    if (values.cluster !== undefined) {
      const { launch } = await import("../pipeline/nodes/launch.ts");
      using interrupt = stopOnInterrupt();
      return await launch(parsed, { servers: values.cluster, interrupt });
    }
    const paths = runPaths(values.run);
    const { wanted: asked, named } = settingsOf(parsed);
    const from = { hub: values.hub, note: tell };
    let wanted = { ...asked, init: asked.init && await initFolder(asked.init, from) };
    await checkSources(parsed.operands, wanted);
    await findIndexes(wanted.dedupAgainst);
    if (wanted.init !== "") {
      await checkInit(wanted.init);
      if (named.has("context")) await checkContext(wanted.init, wanted.context);
    }
    const decide = async () => {
      const { force } = values;
      const progress = await progressOf(paths);
      const existing = await readExisting(paths, { force, ...progress });
      const options = { wanted, named, root: paths.root, force, ...progress };
      const settled = settle(existing?.settings, options);
      checkRules(PIPELINE_FLAGS, { given, values: valuesIn(settled, values) });
      checkSourceFlags(settled.sources, { flags: PIPELINE_FLAGS, given });
      checkPrivate(settled.sources, settled);
      replicasOf(settled);
      // Nothing is asked of anybody once the corpus is complete.
      if (!progress.sealed) checkBlocked(settled.sources, settled);
      return { settled, existing: existing?.file };
    };
    await checkChromium(values);
    // What is refused is refused before the folder is made, and looked at again once it is ours.
    const { existing: begun } = await decide();
    // Standard output is for JSON alone where that was asked for.
    const aside = (line: string) => values.json ? tell(line) : say(line);
    if (!begun && (values.hours !== undefined || values.tokens !== undefined)) {
      const choice = await turnDial({ settings: wanted, spheres: spheresOf(values), note: aside });
      const { preset, steps } = choice;
      const chosen = settingsOf({ ...parsed, values: { ...values, preset, steps } }).wanted;
      wanted = { ...chosen, init: wanted.init };
    }
    await makeFolder(paths.root, { flag: "run" });
    const over = new AbortController();
    using interrupt = stopOnInterrupt();
    using _closed = { [Symbol.dispose]: () => over.abort() };
    await using stack = new AsyncDisposableStack();
    let inform = aside;
    let served: RunServer | undefined;
    {
      using _lock = await lockRun(paths.root);
      const { settled, existing } = await decide();
      let settings = settled;

      await using site = settings.sources.length === 0
        ? await openSampleSite(paths, { port: existing?.sitePort })
        : undefined;
      if (!existing) settings = { ...settings, sitePort: site?.port ?? 0 };
      if (settings !== existing) await writeSettings(paths, settings);
      for (const line of describeForced(settings, existing)) tell(line);
      if (values.dashboard !== undefined) {
        const { hostname, port } = await listenDashboard([paths.root], {
          hostname: "127.0.0.1",
          port: values.dashboard,
          signal: over.signal,
        });
        if (!values.json) say(`Dashboard on http://${hostname}:${port}/`);
      }
      if (values.serve !== undefined) {
        served = stack.use(
          await serveRun(paths.root, { port: values.serve, note: (line) => inform(line) }),
        );
        aside(`Serves on ${served.origin} once there is a checkpoint`);
      }
      const running = runPipeline({
        paths,
        settings,
        site: site?.origin,
        spheres: { ...spheresOf(values), strictSimd: settings.strictSimd },
        checkpointEvery: values["checkpoint-every"],
        fallBack: values["fall-back"],
        retention: { keepLast: values["keep-last"], keepEvery: values["keep-every"] },
        contact: values.contact,
        chromium: values.chromium,
        keepDropped: values["keep-dropped"],
        json: values.json,
        tensorboard: values.tensorboard,
        onStatus: (note) => inform = note,
        stop: interrupt.signal,
      });
      try {
        await running;
      } catch (error) {
        // Its sources may have more text next time.
        if (error instanceof TooLittleText) await forgetCorpus(paths);
        throw error;
      }
    }
    if (!served || interrupt.signal.aborted) return interrupt.exitCode;
    aside(`Training is over; serves on ${served.origin} until Ctrl-C`);
    await new Promise((resolve) => {
      interrupt.signal.addEventListener("abort", resolve, { once: true });
    });
    aside("Stopping: running requests may finish.");
    // Stopping on request is what a server is meant to do.
    return 0;
  },
});

/** How far the run has come. */
async function progressOf(
  paths: RunPaths,
): Promise<{ step: number; sealed: boolean; empty: boolean }> {
  const newest = await latestCheckpoint(paths.checkpoints);
  return {
    step: newest === undefined ? 0 : stepOf(newest),
    sealed: await exists(join(paths.corpus, SEAL)),
    empty: !await exists(paths.corpus) || !await hasDocuments(paths.corpus),
  };
}

/**
 * Serves a run on this machine while another part of the process trains it.
 *
 * @module
 */
import { basename } from "node:path";
import { latestCheckpoint } from "../model/checkpoint/mod.ts";
import { type App, createApp, createLoadingApp, listen, type Listener } from "../serve/mod.ts";
import { Scheduler } from "../engine/mod.ts";
import { dashboardOf } from "../dashboard/mod.ts";
import { isAddressTaken, reasonOf } from "../cli/failure.ts";
import { type CheckpointReloader, reloadCheckpoints } from "../run/checkpoint_reloader.ts";
import { openModel } from "../run/model_source.ts";
import { type RunPaths, runPaths } from "../run/folder.ts";

/** One thread, because training uses the other cores. */
const THREADS = 1;

/** Options of {@linkcode serveRun}. */
export interface ServeRunOptions {
  /** 0 for any free port. */
  readonly port: number;
  /** Reports each checkpoint served, or refused, in one line. */
  readonly note: (line: string) => void;
}

/** Runs until disposed, which lets running requests finish. */
export interface RunServer extends AsyncDisposable {
  readonly origin: string;
}

/**
 * Listens on loopback at once, answers 503 until the run in folder `root` has a checkpoint, and
 * serves the best one from then on.
 *
 * @throws {Error} when the port is taken or not allowed
 */
export async function serveRun(
  root: string,
  { port, note }: ServeRunOptions,
): Promise<RunServer> {
  const paths = runPaths(root);
  await Deno.mkdir(paths.checkpoints, { recursive: true });
  let app = createLoadingApp();
  const stopping = new AbortController();
  const { signal } = stopping;
  const listener = await listenAt(port, {
    fetch: (request, env) => app.fetch(request, env),
    signal,
  });
  const opening = openFirst(paths, { note, signal }).then((opened) => {
    if (opened) app = opened.app;
    return opened;
  });
  // Disposing throws a failure; until then the server reports that it is loading.
  opening.catch((error: unknown) => note(`Cannot serve the run ${root}: ${reasonOf(error)}`));
  return {
    origin: `http://${listener.hostname}:${listener.port}`,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      try {
        const opened = await opening;
        await using _engine = opened?.reloader;
        void opened?.scheduler.drain();
        await listener.finished;
      } finally {
        await listener.finished;
      }
    },
  };
}

async function listenAt(
  port: number,
  { fetch, signal }: {
    fetch: App["fetch"];
    signal: AbortSignal;
  },
): Promise<Listener> {
  try {
    return await listen({ fetch }, { port, signal });
  } catch (cause) {
    const reason = isAddressTaken(cause) ? "another program listens there" : reasonOf(cause);
    throw new Error(`Cannot serve on port ${port}: ${reason}; choose another with --serve PORT`, {
      cause,
    });
  }
}

/** Waits for a readable checkpoint, and opens it; undefined where `signal` aborts first. */
async function openFirst(
  { root, checkpoints }: RunPaths,
  { note, signal }: { note: (line: string) => void; signal: AbortSignal },
): Promise<{ app: App; scheduler: Scheduler; reloader: CheckpointReloader } | undefined> {
  for await (const newest of newCheckpoints(checkpoints, { signal })) {
    try {
      const { engine, codec, tokenizerJson, chatTemplate, name, ...model } = await openModel({
        run: root,
        engine: "wasm",
        threads: THREADS,
      });
      const scheduler = new Scheduler(engine);
      const reloader = reloadCheckpoints({
        checkpoints,
        scheduler,
        tokenizerJson,
        settings: { threads: THREADS },
        note,
      });
      const { stopIds, sampling, prompts, chosen } = model;
      const app = createApp({
        stopIds,
        sampling,
        prompts,
        scheduler,
        codec,
        chatTemplate,
        modelName: name,
        dashboard: dashboardOf([root]),
        // It listens without keys.
        hostNames: [],
        onFailure: (error) => note(`Cannot answer a request: ${reasonOf(error)}`),
      });
      note(`Serving ${chosen ?? engine.fingerprint}`);
      return { app, scheduler, reloader };
    } catch (error) {
      note(`Cannot serve ${basename(newest)}: ${reasonOf(error)}`);
    }
  }
  return undefined;
}

/** Yields the newest checkpoint, if there is one, and then each newer one. */
async function* newCheckpoints(
  checkpoints: string,
  { signal }: { signal: AbortSignal },
): AsyncGenerator<string> {
  using watcher = Deno.watchFs(checkpoints, { recursive: false });
  const close = () => watcher[Symbol.dispose]();
  signal.addEventListener("abort", close, { once: true });
  if (signal.aborted) close();
  const first = await latestCheckpoint(checkpoints);
  if (first !== undefined) yield first;
  for await (const { paths } of watcher) {
    if (!paths.some((path) => basename(path) === "latest")) continue;
    const newest = await latestCheckpoint(checkpoints);
    if (newest !== undefined) yield newest;
  }
}

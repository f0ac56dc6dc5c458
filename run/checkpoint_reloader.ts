/**
 * Reloads checkpoints while a run trains: the scheduler switches to each better checkpoint, or to
 * each newer one where the latest is wanted. A running request ends on the weights it started with.
 *
 * @module
 */
import { basename, join } from "node:path";
import { readModelConfig } from "../model/checkpoint/mod.ts";
import type { Engine, Scheduler } from "../engine/mod.ts";
import { readIfThere } from "../model/durable.ts";
import { chooseCheckpoint } from "./choose_checkpoint.ts";
import { reasonOf } from "../cli/failure.ts";
import { type EngineSettings, openEngine } from "./model_source.ts";

/** Options of {@linkcode reloadCheckpoints}. */
export interface CheckpointReloaderOptions {
  /** Folder of the run's checkpoints. */
  readonly checkpoints: string;
  /** Which of them to serve; the best by default. */
  readonly wish?: "best" | "latest" | undefined;
  readonly scheduler: Scheduler;
  /** The tokenizer.json of the server; a checkpoint with another one is not loaded. */
  readonly tokenizerJson: string;
  /** How engines are opened. */
  readonly settings: EngineSettings;
  /** Reports each switch or failure, in one line. */
  readonly note: (line: string) => void;
}

/** Runs until disposed, which also closes the current engine. */
export interface CheckpointReloader extends AsyncDisposable {
  /** Checks for a checkpoint now; resolves when it is served or has failed to load. */
  refresh(): Promise<void>;
}

/** Starts to watch the folder. The reloader owns the scheduler's engine from now on. */
export function reloadCheckpoints(options: CheckpointReloaderOptions): CheckpointReloader {
  const { checkpoints, wish, scheduler, tokenizerJson, settings, note } = options;
  const retiring = new Set<Promise<void>>();
  const stopping = new AbortController();
  let serving = scheduler.engine.fingerprint;

  const retire = (before: Engine, drained: Promise<void>) => {
    const closed = drained.then(() => before[Symbol.asyncDispose]());
    retiring.add(closed);
    void closed.finally(() => retiring.delete(closed));
  };
  const look = async () => {
    let name = "another checkpoint";
    try {
      const chosen = await chooseCheckpoint(checkpoints, wish);
      if (chosen === undefined || stopping.signal.aborted) return;
      const newest = chosen.folder;
      name = basename(newest);
      if (name === serving) return;
      const config = await readModelConfig(newest);
      if (await readIfThere(join(newest, "tokenizer.json")) !== tokenizerJson) {
        throw new Error("its tokenizer.json differs; restart the server to serve it");
      }
      const engine = await openEngine(newest, { config, settings });
      const before = scheduler.engine;
      retire(before, scheduler.replaceEngine(engine));
      serving = engine.fingerprint;
      note(`Serving ${chosen.line}`);
    } catch (error) {
      // The checkpoint may be damaged, or rotated away while it was read; the current engine is intact.
      note(`Cannot switch to ${name}, still serving ${serving}: ${reasonOf(error)}`);
    }
  };
  let looking = look();
  const watcher = Deno.watchFs(checkpoints, { recursive: false });
  const watching = (async () => {
    for await (const { paths } of watcher) {
      if (!paths.some((path) => basename(path) === "latest")) continue;
      looking = looking.then(look);
      await looking;
    }
  })();
  return {
    async refresh() {
      looking = looking.then(look);
      await looking;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      watcher.close();
      await watching;
      await looking;
      await Promise.all(retiring);
      await scheduler.engine[Symbol.asyncDispose]();
    },
  };
}

/**
 * Follows a run: whenever it has a better checkpoint, the scheduler goes over to it, or a newer one
 * where the latest is wanted. What runs ends on the weights it began with.
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

/** What {@linkcode follow} follows, and with what. */
export interface FollowOptions {
  /** Folder of the run's checkpoints. */
  readonly checkpoints: string;
  /** Which of them to serve; the best unless stated. */
  readonly wish?: "best" | "latest" | undefined;
  readonly scheduler: Scheduler;
  /** The tokenizer.json that texts are read and written by, whatever checkpoint is served. */
  readonly tokenizerJson: string;
  /** How engines are opened. */
  readonly settings: EngineSettings;
  /** Told what happened, in a line. */
  readonly note: (line: string) => void;
}

/** Under way until disposed; that also closes the engine then in use. */
export interface Follower extends AsyncDisposable {
  /** Settles once the checkpoint that was wanted at the call is being served, or has failed to. */
  settled(): Promise<void>;
}

/** Starts to follow. The scheduler's engine is the follower's from now on. */
export function follow(options: FollowOptions): Follower {
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
        throw new Error("its tokenizer.json is another; start the server again to serve it");
      }
      const engine = await openEngine(newest, { config, settings });
      const before = scheduler.engine;
      retire(before, scheduler.replaceEngine(engine));
      serving = engine.fingerprint;
      note(`Serving ${chosen.line}`);
    } catch (error) {
      // It may be damaged, or rotated away while it was read: what is served is whole.
      note(`Cannot go over to ${name}, still serving ${serving}: ${reasonOf(error)}`);
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
    async settled() {
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

/**
 * Watches run folders and yields messages: first the whole state, then each change.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { spentMs, type TimedRecord } from "./history.ts";
import {
  readJson,
  readLines,
  readRun,
  readSamples,
  readTasks,
  type RunHistory,
  type ShownRun,
} from "./run_files.ts";

/** A message to the page, about the run of that name. */
export type FeedMessage =
  & { readonly name: string }
  & (
    /** Replaces everything; sent first, and again when a resumed run has dropped steps. */
    | { readonly type: "run"; readonly run: Omit<RunHistory, "offset" | "elapsedMs"> }
    | { readonly type: "step"; readonly record: TimedRecord }
    | { readonly type: "status"; readonly status: unknown }
    | { readonly type: "samples"; readonly samples: readonly unknown[] }
    | { readonly type: "tasks"; readonly tasks: readonly unknown[] }
  );

/**
 * Yields messages about all of `runs` until `signal` aborts. A reader that reconnects gets the whole
 * state again, so it keeps no state of its own.
 *
 * @throws {Deno.errors.NotFound} when a folder is not there
 */
export async function* watchRuns(
  runs: readonly ShownRun[],
  signal: AbortSignal,
): AsyncGenerator<FeedMessage> {
  // Opened before the first read, so that no change is missed in between.
  const watcher = Deno.watchFs(runs.map(({ dir }) => dir), { recursive: false });
  const stop = () => watcher.close();
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  const places = new Map<string, { offset: number; elapsedMs: number }>();
  async function* whole(run: ShownRun): AsyncGenerator<FeedMessage> {
    const { offset, elapsedMs, ...all } = await readRun(run);
    places.set(run.name, { offset, elapsedMs });
    yield { name: run.name, type: "run", run: all };
  }
  async function* changes(run: ShownRun, files: ReadonlySet<string>): AsyncGenerator<FeedMessage> {
    const { name, dir } = run;
    const metrics = join(dir, "metrics.jsonl");
    let { offset, elapsedMs } = places.get(name) ?? { offset: 0, elapsedMs: 0 };
    if (files.has("metrics.jsonl")) {
      if (await sizeOf(metrics) < offset) return yield* whole(run);
      const { records, offset: end } = await readLines(metrics, offset);
      for await (const record of records) {
        elapsedMs += spentMs(record);
        yield { name, type: "step", record: { ...record, elapsedMs } };
      }
      offset = end();
      places.set(name, { offset, elapsedMs });
    }
    if (files.has("status.json")) {
      yield { name, type: "status", status: await readJson(join(dir, "status.json")) };
    }
    if (files.has("samples.jsonl")) {
      yield { name, type: "samples", samples: await readSamples(dir) };
    }
    if (files.has("tasks.json")) yield { name, type: "tasks", tasks: await readTasks(dir) };
  }
  try {
    for (const run of runs) yield* whole(run);
    for await (const { kind, paths } of watcher) {
      if (kind === "access") continue;
      for (const run of runs) {
        const files = paths.filter((path) => dirname(path) === run.dir);
        yield* changes(run, new Set(files.map((path) => basename(path))));
      }
    }
  } finally {
    signal.removeEventListener("abort", stop);
    if (!signal.aborted) watcher.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

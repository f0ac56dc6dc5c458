/**
 * What happens in a run folder, as messages: first all there is, then each change.
 *
 * @module
 */
import { basename, join } from "node:path";
import type { StepRecord } from "./history.ts";
import {
  readJson,
  readLines,
  readRun,
  readSamples,
  type RunHistory,
  type ShownRun,
} from "./run_files.ts";

/** A message to the page. */
export type FeedMessage =
  /** Replaces everything; sent first, and again when a resumed run has taken steps back. */
  | { readonly type: "run"; readonly run: Omit<RunHistory, "offset"> }
  | { readonly type: "step"; readonly record: StepRecord }
  | { readonly type: "status"; readonly status: unknown }
  | { readonly type: "samples"; readonly samples: readonly unknown[] };

/**
 * Messages until `signal` is given. A reader that connects again gets all there is again, so it
 * needs to remember nothing.
 *
 * @throws {Deno.errors.NotFound} when the folder is not there
 */
export async function* follow(run: ShownRun, signal: AbortSignal): AsyncGenerator<FeedMessage> {
  const { dir } = run;
  const metrics = join(dir, "metrics.jsonl");
  // Before the first reading, so that no change falls between the two.
  const watcher = Deno.watchFs(dir, { recursive: false });
  const stop = () => watcher.close();
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  try {
    let { offset, ...all } = await readRun(run);
    yield { type: "run", run: all };
    for await (const { kind, paths } of watcher) {
      if (kind === "access") continue;
      const names = new Set(paths.map((path) => basename(path)));
      if (names.has("metrics.jsonl")) {
        if (await sizeOf(metrics) < offset) {
          ({ offset, ...all } = await readRun(run));
          yield { type: "run", run: all };
          continue;
        }
        const { records, offset: end } = await readLines(metrics, offset);
        for await (const record of records) yield { type: "step", record };
        offset = end();
      }
      if (names.has("status.json")) {
        yield { type: "status", status: await readJson(join(dir, "status.json")) };
      }
      if (names.has("samples.jsonl")) {
        yield { type: "samples", samples: await readSamples(dir) };
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

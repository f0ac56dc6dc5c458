/**
 * Reads a run folder for the dashboard: everything it shows is in files, so that training and display
 * may be different processes.
 *
 * @module
 */
import { TextLineStream } from "@std/streams";
import { join } from "node:path";
import { readIfThere } from "../model/durable.ts";
import { type Curves, History, type StepRecord } from "./history.ts";

/** A displayed run. */
export interface ShownRun {
  readonly name: string;
  readonly dir: string;
}

/** Snapshot of a run for display. */
export interface RunHistory {
  /** Settings as in run.json; null where there is none yet. */
  readonly settings: unknown;
  readonly curves: Curves;
  /** The last line of metrics.jsonl. */
  readonly last: StepRecord | null;
  /** The last line with a validation. */
  readonly lastValidation: StepRecord | null;
  readonly samples: readonly unknown[];
  /** Rows of tasks.json, which `eval --task` writes. */
  readonly tasks: readonly unknown[];
  readonly status: unknown;
  /** Bytes of metrics.jsonl read so far. */
  readonly offset: number;
  /** Training time at the end of the last step. */
  readonly elapsedMs: number;
}

/** Reads the whole run. */
export async function readRun({ dir }: ShownRun): Promise<RunHistory> {
  const history = new History();
  let last: StepRecord | null = null;
  let lastValidation: StepRecord | null = null;
  const { records, offset } = await readLines(join(dir, "metrics.jsonl"), 0);
  for await (const record of records) {
    history.add(last = record);
    if (typeof record.validationLoss === "number") lastValidation = record;
  }
  const run = await readJson(join(dir, "run.json")) as { settings?: unknown } | null;
  return {
    settings: run?.settings ?? null,
    curves: history.curves(),
    last,
    lastValidation,
    samples: await readSamples(dir),
    tasks: await readTasks(dir),
    status: await readJson(join(dir, "status.json")),
    offset: offset(),
    elapsedMs: history.elapsedMs,
  };
}

/** Whole lines of a metrics file from byte `from` on; `offset` returns where they end. */
export async function readLines(
  path: string,
  from: number,
): Promise<{ records: AsyncIterable<StepRecord>; offset: () => number }> {
  let offset = from;
  const file = await openIfThere(path);
  let number = 0;
  async function* read(): AsyncGenerator<StepRecord> {
    if (file === undefined) return;
    await file.seek(from, Deno.SeekMode.Start);
    const encoder = new TextEncoder();
    const { size } = await file.stat();
    const lines = file.readable.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream());
    for await (const line of lines) {
      const end = offset + encoder.encode(line).length + "\n".length;
      // A line being written has no line feed yet.
      if (end > size) return;
      offset = end;
      const place = from === 0 ? `${path}, line ${++number}` : path;
      yield parse(line, place) as StepRecord;
    }
  }
  return { records: read(), offset: () => offset };
}

/** The lines of samples.jsonl. */
export async function readSamples(dir: string): Promise<unknown[]> {
  const path = join(dir, "samples.jsonl");
  const text = await readIfThere(path) ?? "";
  return text.split("\n").slice(0, -1).map((line, at) => parse(line, `${path}, line ${at + 1}`));
}

/** The rows of tasks.json; none where no task was scored. */
export async function readTasks(dir: string): Promise<unknown[]> {
  const rows = await readJson(join(dir, "tasks.json")) ?? [];
  if (Array.isArray(rows)) return rows;
  throw new SyntaxError(`Cannot read ${join(dir, "tasks.json")}: it is no list; remove it`);
}

/** The JSON in a file that is replaced whole; null where there is none. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readIfThere(path);
  return text === undefined ? null : parse(text, path);
}

/** @throws {SyntaxError} naming the `place` of invalid JSON */
function parse(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`Cannot read ${place}: it is not JSON; move the file away`, { cause });
  }
}

async function openIfThere(path: string): Promise<Deno.FsFile | undefined> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

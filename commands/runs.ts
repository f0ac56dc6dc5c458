/**
 * `runs`: the runs in a folder, one a line.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import {
  bestCheckpoint,
  latestCheckpoint,
  listCheckpoints,
  readCheckpointInfo,
  stepOf,
} from "../model/checkpoint/mod.ts";
import { exists, isFolder, readIfThere } from "../model/durable.ts";
import type { StatusFile } from "../stages/report/mod.ts";
import { type Command, command } from "../cli/command.ts";
import { reasonOf } from "../cli/failure.ts";
import { jsonToggle, UsageError } from "../cli/flags.ts";
import { sizeOf } from "../run/folder_size.ts";
import { readManifest } from "../run/manifest.ts";
import { endedEarly } from "../run/patience.ts";
import { readSettings, runPaths } from "../run/folder.ts";
import { say } from "../cli/print.ts";

const FLAGS = { json: jsonToggle("a run") };

/** What `train --tokens` keeps of its settings, as far as it is told here. */
const trainedSchema = z.object({ steps: z.number() });

/** A run writes its status each second; one this old is of a process that has ended. */
const STALE_MS = 15_000;

/** The `runs` command. */
export const runs: Command = command({
  name: "runs",
  summary: "Lists the runs in a folder, the latest first. Reads run folders, changes nothing.",
  operands: "[FOLDER]",
  flags: FLAGS,
  examples: ["deno task runs", "deno task runs elsewhere/ --json"],
  async run({ values, operands: [folder = "runs", more] }) {
    if (more !== undefined) throw new UsageError(`Cannot list ${more}: give one folder`);
    const found = await findRuns(folder);
    if (found.length === 0) {
      throw new UsageError(
        `Cannot list ${folder}: no folder in it is a run; make one with \`deno task pipeline\``,
      );
    }
    const rows = await Array.fromAsync(found, look);
    rows.sort((a, b) => b.when.localeCompare(a.when) || a.run.localeCompare(b.run));
    if (values.json) { for (const row of rows) say(JSON.stringify(row)); }
    else say(table(rows).join("\n"));
    return 0;
  },
});

/** What a line says of a run. */
interface RunRow {
  readonly run: string;
  /** What it does, or `finished`, `ended early`, `stopped`, `not trained` or `unreadable`. */
  readonly state: string;
  /** Why it cannot be read; null where it can. */
  readonly fault: string | null;
  readonly step: number;
  /** Steps planned; null for a run planned by the clock, or one that cannot be read. */
  readonly steps: number | null;
  /** The lowest of the checkpoints: that of the one that is served. */
  readonly validationLoss: number | null;
  readonly bytes: number;
  /** ISO 8601 instant of its last sign of life. */
  readonly when: string;
}

/** The folder itself where it is a run, or the runs in it. */
async function findRuns(folder: string): Promise<string[]> {
  // `train --tokens` keeps its settings in its checkpoints alone.
  const isRun = async (path: string) =>
    await exists(join(path, "run.json")) ||
    await latestCheckpoint(runPaths(path).checkpoints) !== undefined;
  if (await isRun(folder)) return [folder];
  const found: string[] = [];
  const made = "`deno task pipeline` makes runs";
  if (await exists(folder) && !await isFolder(folder)) {
    throw new UsageError(`Cannot list ${folder}: it is a file; ${made}`);
  }
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile && await isRun(join(folder, name))) found.push(join(folder, name));
    }
  } catch (cause) {
    throw new UsageError(`Cannot list ${folder}: ${reasonOf(cause)}; ${made}`, { cause });
  }
  return found;
}

async function look(run: string): Promise<RunRow> {
  const paths = runPaths(run);
  const status = await readStatus(run);
  const newest = await latestCheckpoint(paths.checkpoints);
  const step = newest === undefined ? 0 : stepOf(newest);
  const isPipeline = await exists(paths.settings);
  const made = isPipeline ? paths.settings : newest ?? run;
  const written = (await Deno.stat(made)).mtime?.toISOString() ?? "";
  const row = {
    run,
    step,
    steps: null,
    validationLoss: await bestValidation(paths.checkpoints),
    bytes: await sizeOf(run),
    when: status?.time ?? written,
  };
  try {
    const settings = isPipeline ? await readSettings(paths) : undefined;
    const planned = isPipeline ? settings?.steps : await stepsOf(newest);
    const steps = planned !== undefined && planned > 0 ? planned : null;
    const isWhole = !isPipeline || (await readManifest(paths))?.weights?.step === step;
    const isDone = isWhole && step >= (steps ?? 0);
    const isEarly = isWhole && !isDone && settings !== undefined && newest !== undefined &&
      endedEarly((await readCheckpointInfo(newest)).cursors, settings);
    const isAlive = status && Date.now() - Date.parse(status.time) < STALE_MS &&
      !["done", "stopped"].includes(status.phase);
    const state = isAlive
      ? status.phase
      : isDone
      ? "finished"
      : isEarly
      ? "ended early"
      : newest === undefined
      ? "not trained"
      : "stopped";
    return { ...row, steps, state, fault: null };
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof SyntaxError)) throw error;
    return { ...row, state: "unreadable", fault: error.message };
  }
}

/** Steps that a run of `train --tokens` was to have, by its newest checkpoint. */
async function stepsOf(checkpoint: string | undefined): Promise<number | undefined> {
  if (checkpoint === undefined) return undefined;
  const { run } = await readCheckpointInfo(checkpoint);
  return trainedSchema.safeParse(run).data?.steps;
}

async function readStatus(run: string): Promise<StatusFile | undefined> {
  const text = await readIfThere(join(run, "status.json"));
  // Written whole by stages/report.
  return text === undefined ? undefined : JSON.parse(text) as StatusFile;
}

async function bestValidation(checkpoints: string): Promise<number | null> {
  const best = await bestCheckpoint(checkpoints, { names: await listCheckpoints(checkpoints) });
  if (best === undefined) return null;
  return (await readCheckpointInfo(join(checkpoints, best))).metrics.validationLoss ?? null;
}

function table(rows: readonly RunRow[]): string[] {
  const cells = rows.map(({ run, state, step, steps, validationLoss, bytes, when }) => [
    run,
    state,
    steps === null ? `${step}` : `${step}/${steps}`,
    validationLoss?.toFixed(4) ?? "-",
    `${(bytes / 1e6).toFixed(1)} MB`,
    // Local time, as clocks on the wall show it.
    new Date(when).toLocaleString("sv").slice(0, 16),
  ]);
  const lines = [["Run", "State", "Step", "Validation", "Size", "When"], ...cells];
  const widths = lines[0]?.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  const isNumber = (i: number) => i >= 2 && i <= 4;
  const faults = rows.flatMap(({ fault }) => fault ?? []);
  const shown = lines.map((line) =>
    line.map((cell, i) => {
      const width = widths?.[i] ?? 0;
      return isNumber(i) ? cell.padStart(width) : cell.padEnd(width);
    }).join("  ").trimEnd()
  );
  return faults.length === 0 ? shown : [...shown, "", ...faults];
}

/**
 * `eval --task`: how many questions models answer right, side by side.
 *
 * @module
 */
import { join } from "node:path";
import { exists, readIfThere, replaceFile } from "../model/durable.ts";
import { withTasks } from "../dashboard/mod.ts";
import type { FlagValues } from "../cli/flags.ts";
import { say, tell } from "../cli/print.ts";
import { progressLine } from "../evaluation/progress.ts";
import { table } from "../evaluation/table.ts";
import { centered, meanCentered } from "../evaluation/tasks/centered.ts";
import { readTasks } from "../evaluation/tasks/read_tasks.ts";
import { scoreTask, type TaskScore } from "../evaluation/tasks/task.ts";
import { storeScores, type TaskRow } from "../evaluation/tasks/stored.ts";
import { runPaths } from "../run/folder.ts";
import { DEFAULT_RUN } from "../run/open.ts";
import { type MODEL_FLAGS, type ModelChoice, openModel } from "../run/model_source.ts";

/** Values that say which models, and on what. */
type TaskValues =
  & Pick<FlagValues<typeof MODEL_FLAGS>, "run" | "checkpoint" | "weights">
  & {
    readonly task: readonly string[];
    readonly shots: number;
    readonly examples: readonly string[];
    readonly limit: number | undefined;
    readonly workers: number;
    readonly json: boolean;
  };

/** Scores each model on each task, and prints a table or lines of JSON; returns the exit code. */
export async function evaluateTasks(
  values: TaskValues,
  models: readonly string[],
): Promise<number> {
  const tasks = await readTasks(values);
  using progress = progressLine();
  const rows: TaskRow[] = [];
  const names = models.length > 0 ? models : [values.run ?? DEFAULT_RUN];
  for (const name of names) {
    const model = await openModel(await choiceOf(name, values));
    await using _engine = model.engine;
    const add = (task: string, score: TaskScore) => {
      const row = { model: name, task, ...score };
      rows.push(row);
      progress.clear();
      if (values.json) say(JSON.stringify(row));
    };
    for (const { name: task, parts } of tasks) {
      const scores: TaskScore[] = [];
      for (const { label, items, baseline } of parts) {
        const named = label === undefined ? task : `${task} ${label}`;
        const show = (done: number) => progress.show(`scored ${done} answers  ${named}  ${name}`);
        const score = centered(await scoreTask(model, items, show), baseline);
        scores.push(score);
        add(named, score);
      }
      if (parts[0]?.label !== undefined) add(task, meanCentered(scores));
    }
  }
  for (const name of names) if (await exists(join(name, "checkpoints"))) await keep(name, rows);
  if (!values.json) say(describe(rows).join("\n"));
  for (const { model, task, cut, items } of rows) {
    if (cut === undefined) continue;
    tell(
      `${cut} of ${items} questions of ${task} are longer than the context of ${model}: their ` +
        "beginnings were left out",
    );
  }
  return 0;
}

/** Keeps the table in a run's folder, and shows it in the run's report. */
async function keep(root: string, rows: readonly TaskRow[]): Promise<void> {
  await storeScores(root, rows);
  const { report } = runPaths(root);
  const page = await readIfThere(report);
  const shown = page === undefined ? undefined : withTasks(page, rows);
  if (shown !== undefined) await replaceFile(report, shown);
}

/** A run's checkpoint where `name` is one, else the model in that folder or file. */
async function choiceOf(
  name: string,
  { checkpoint, weights, workers: threads }: TaskValues,
): Promise<ModelChoice> {
  const settings = { weights, ...(!name.endsWith(".onnx") && { threads }) };
  const isRun = await exists(join(name, "checkpoints")) || !await exists(name);
  return isRun ? { run: name, checkpoint, ...settings } : { run: "", model: name, ...settings };
}

/** A line for each model and task; figures that a task has not are left out. */
function describe(rows: readonly TaskRow[]): string[] {
  const figure = (value: number | undefined, error?: number) =>
    value === undefined
      ? "-"
      : value.toFixed(4) + (error === undefined ? "" : ` ± ${error.toFixed(4)}`);
  const names = ["acc", "accNorm", "exactMatch", "perplexity", "centered"] as const;
  const shown = names.filter((name) => rows.some((row) => row[name] !== undefined));
  return table([
    ["model", "task", "items", ...shown],
    ...rows.map((row) => [
      ...[row.model, row.task, `${row.items}`],
      ...shown.map((name) =>
        figure(row[name], name === "acc" || name === "exactMatch" ? row.standardError : undefined)
      ),
    ]),
  ]);
}

/**
 * `eval --task`: how many questions models answer right, side by side.
 *
 * @module
 */
import { join } from "node:path";
import { exists, readIfThere, replaceFile } from "../model/durable.ts";
import { withTasks } from "../dashboard/mod.ts";
import { didYouMean } from "../cli/nearest.ts";
import { type FlagValues, UsageError } from "../cli/flags.ts";
import { say } from "../cli/print.ts";
import { table } from "../evaluation/table.ts";
import { TASK_FORMS, type TaskFormName } from "../evaluation/tasks/forms.ts";
import { readTask, scoreTask, type TaskFile } from "../evaluation/tasks/task.ts";
import { storeScores, type TaskRow } from "../evaluation/tasks/stored.ts";
import { runPaths } from "../run/folder.ts";
import { DEFAULT_RUN } from "../run/open.ts";
import { type MODEL_FLAGS, type ModelChoice, openModel } from "../run/model_source.ts";

/** Values that say which models, and on what. */
type TaskValues =
  & Pick<FlagValues<typeof MODEL_FLAGS>, "run" | "checkpoint" | "weights">
  & { readonly task: readonly string[]; readonly workers: number; readonly json: boolean };

/** Scores each model on each task, and prints a table or lines of JSON; returns the exit code. */
export async function evaluateTasks(
  values: TaskValues,
  models: readonly string[],
): Promise<number> {
  const tasks = await Promise.all(
    values.task.map(taskOf).map(async (task) => ({ ...task, items: await readTask(task) })),
  );
  const rows: TaskRow[] = [];
  const names = models.length > 0 ? models : [values.run ?? DEFAULT_RUN];
  for (const name of names) {
    const model = await openModel(await choiceOf(name, values));
    await using _engine = model.engine;
    for (const { form, file, items } of tasks) {
      const row = { model: name, task: `${form}=${file}`, ...await scoreTask(model, items) };
      rows.push(row);
      if (values.json) say(JSON.stringify(row));
    }
  }
  for (const name of names) if (await exists(join(name, "checkpoints"))) await keep(name, rows);
  if (!values.json) say(describe(rows).join("\n"));
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

function taskOf(text: string): TaskFile {
  const [, form = "", file = ""] = /^([^=]*)=(.+)$/.exec(text) ?? [];
  if (isForm(form)) return { form, file };
  const forms = Object.keys(TASK_FORMS);
  throw new UsageError(
    `Cannot use --task ${text}: write FORM=FILE, FORM being one of ${forms.join(", ")}${
      didYouMean(form, forms)
    }`,
  );
}

function isForm(form: string): form is TaskFormName {
  return Object.hasOwn(TASK_FORMS, form);
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
  const names = ["acc", "accNorm", "exactMatch", "perplexity"] as const;
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

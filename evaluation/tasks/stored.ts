/**
 * The scores of tasks that a run folder keeps, for its report and the dashboard.
 *
 * @module
 */
import { join } from "node:path";
import { replaceFile } from "../../model/durable.ts";
import type { TaskScore } from "./task.ts";

/** How a model did in a task. */
export interface TaskRow extends TaskScore {
  readonly model: string;
  readonly task: string;
}

/** Keeps the table in tasks.json of the run folder, in the place of an earlier one. */
export async function storeScores(root: string, rows: readonly TaskRow[]): Promise<void> {
  await replaceFile(join(root, "tasks.json"), JSON.stringify(rows) + "\n");
}

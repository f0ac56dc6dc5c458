/**
 * The tasks that a command line names, with their examples.
 *
 * @module
 */
import { didYouMean } from "../../cli/nearest.ts";
import { UsageError } from "../../cli/flags.ts";
import { readCore } from "./core.ts";
import { TASK_FORMS, type TaskFormName } from "./forms.ts";
import type { TaskItem } from "./item.ts";
import { withShots } from "./shots.ts";
import { readTask } from "./task.ts";

/** A form of its own: a folder of tasks. */
const CORE = "core";
/** All that `--task FORM=` takes. */
export const TASK_NAMES = [...Object.keys(TASK_FORMS), CORE];

/** What a command line says of tasks. */
export interface TaskWishes {
  /** `FORM=FILE`, or `core=DIR`. */
  readonly task: readonly string[];
  /** Examples in front of each question. */
  readonly shots: number;
  /** `FORM=FILE` with the examples of a form; without one they are of the task's own file. */
  readonly examples: readonly string[];
  /** Takes so many questions of each task; all where undefined. */
  readonly limit: number | undefined;
}

/** A task as one file has it, or the several of CORE, which have labels and what guessing gives. */
export interface ReadTask {
  readonly name: string;
  readonly parts: readonly {
    readonly label?: string;
    readonly items: readonly TaskItem[];
    readonly baseline?: number;
  }[];
}

/**
 * Reads every task.
 *
 * @throws {UsageError} when a form, a file or a line is none
 */
export async function readTasks({ task, shots, examples, limit }: TaskWishes): Promise<ReadTask[]> {
  const given = new Map(examples.map((text) => {
    const { form, file } = partsOf(text, { flag: "examples", forms: Object.keys(TASK_FORMS) });
    return [form, file] as const;
  }));
  const wanted = task.map((text) => partsOf(text, { flag: "task", forms: TASK_NAMES }));
  const idle = [...given.keys()].find((form) => wanted.every((one) => one.form !== form));
  if (idle !== undefined) {
    throw new UsageError(`Cannot use --examples ${idle}=${given.get(idle)}: no --task is ${idle}`);
  }
  if (shots > 0 && wanted.every(({ form }) => form === CORE)) {
    throw new UsageError(`Cannot use --shots with --task ${CORE}: core.yaml says how many`);
  }
  return await Promise.all(wanted.map(async ({ form, file }) => {
    const name = `${form}=${file}`;
    if (!isForm(form)) {
      return { name, parts: await readCore(file, limit === undefined ? {} : { limit }) };
    }
    const items = await readTask({ form, file });
    const from = given.get(form);
    const source = from === undefined ? items : await readTask({ form, file: from });
    const asked = withShots(items, { form, shots, examples: source }).slice(0, limit);
    return { name, parts: [{ items: asked }] };
  }));
}

function isForm(form: string): form is TaskFormName {
  return Object.hasOwn(TASK_FORMS, form);
}

function partsOf(text: string, { flag, forms }: { flag: string; forms: readonly string[] }) {
  const [, form = "", file = ""] = /^([^=]*)=(.+)$/.exec(text) ?? [];
  if (forms.includes(form)) return { form, file };
  throw new UsageError(
    `Cannot use --${flag} ${text}: write FORM=FILE, FORM being one of ${forms.join(", ")}${
      didYouMean(form, forms)
    }`,
  );
}

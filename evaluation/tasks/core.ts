/**
 * The CORE metric of DCLM (arXiv:2406.11794): the mean over tasks of how far their accuracy lies
 * between guessing and being right. Read from the folder that its tasks come in: core.yaml,
 * eval_meta_data.csv and eval_data/. Examples are drawn as nanochat's evaluation draws them.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { UsageError } from "../../cli/flags.ts";
import { CORE_FORMS, type CoreItem } from "./item.ts";
import { pythonRandom } from "./python_random.ts";
import { faultOf, readJsonLines } from "./read.ts";

/** A task of CORE. */
export interface CoreTask {
  /** Its label in core.yaml. */
  readonly label: string;
  readonly items: readonly CoreItem[];
  /** Accuracy of guessing. */
  readonly baseline: number;
}

/** A path that stays below the folder that it is joined to. */
const below = z.string().refine(
  (path) => !path.startsWith("/") && !path.split(/[/\\]/).includes(".."),
  "must be a path within eval_data",
);
const list = z.object({
  icl_tasks: z.array(z.object({
    label: z.string(),
    dataset_uri: below,
    num_fewshot: z.array(z.int().nonnegative()).length(1),
    icl_task_type: z.enum(CORE_FORMS),
    continuation_delimiter: z.string().default(" "),
  })).min(1),
});

const gold = z.int().nonnegative();
const choices = z.object({ query: z.string(), choices: z.array(z.string()).min(2), gold })
  .refine(({ choices, gold }) => gold < choices.length, "has a gold that is none of its choices");
const schema = z
  .object({ context_options: z.array(z.string()).min(2), continuation: z.string().min(1), gold })
  .refine(
    ({ context_options, gold }) => gold < context_options.length,
    "has a gold that is no option",
  );
const cloze = z.object({ context: z.string(), continuation: z.string().min(1) });

/** Question and answer as one text, for each choice; the right one is that of an example. */
interface Question {
  readonly texts: readonly string[];
  readonly gold: number;
}

function readQuestion(
  value: unknown,
  { form, delimiter }: { form: CoreItem["form"]; delimiter: string },
): Question {
  if (form === "multiple_choice") {
    const { query, choices: ends, gold } = choices.parse(value);
    return { texts: ends.map((end) => query + delimiter + end), gold };
  }
  if (form === "schema") {
    const { context_options, continuation, gold } = schema.parse(value);
    return { texts: context_options.map((begin) => begin + delimiter + continuation), gold };
  }
  const { context, continuation } = cloze.parse(value);
  const begin = context.trim() + delimiter;
  return { texts: [begin.trim(), begin + continuation], gold: 1 };
}

/** The seeds of the order of questions, and of the examples of the first of them. */
const ORDER_SEED = 1337, SHOTS_SEED = 1234;

/**
 * Reads the tasks in `dir`, of each the first `limit` questions in a seeded order.
 *
 * @throws {UsageError} naming the file, and the line or field that is none
 */
export async function readCore(
  dir: string,
  { limit = Infinity }: { limit?: number } = {},
): Promise<CoreTask[]> {
  const [{ parse: parseYaml }, { parse: parseCsv }] = await Promise.all([
    import("yaml"),
    import("csv-parse/sync"),
  ]);
  const { icl_tasks } = await parsed(join(dir, "core.yaml"), (text) => list.parse(parseYaml(text)));
  const rows = await parsed(
    join(dir, "eval_meta_data.csv"),
    (text) => baselines.parse(parseCsv(text, { columns: true })),
  );
  const tasks: CoreTask[] = [];
  for (const task of icl_tasks) {
    const { label, dataset_uri, num_fewshot: [shots = 0], icl_task_type: form } = task;
    const percent = rows.find((row) => row["Eval Task"] === label)?.["Random baseline"];
    if (percent === undefined) {
      throw new UsageError(`Cannot read ${dir}: eval_meta_data.csv has no line of ${label}`);
    }
    const as = { form, delimiter: task.continuation_delimiter };
    const file = join(dir, "eval_data", dataset_uri);
    const read = (value: unknown) => readQuestion(value, as);
    const all = pythonRandom(ORDER_SEED).shuffle(await readJsonLines(file, { read, as: form }))
      .slice(0, limit);
    if (all.length <= shots) {
      throw new UsageError(
        `Cannot read ${file}: ${all.length} questions are too few for ${shots} examples of others`,
      );
    }
    const items = all.map((_, at) => itemOf(all, at, { shots, form }));
    tasks.push({ label, items, baseline: percent / 100 });
  }
  return tasks;
}

const baselines = z.array(
  z.object({ "Eval Task": z.string(), "Random baseline": z.coerce.number().min(0).max(99.99) }),
);

function itemOf(
  all: readonly Question[],
  at: number,
  { shots, form }: { shots: number; form: CoreItem["form"] },
): CoreItem {
  const { texts, gold } = all[at] as Question;
  const others = all.filter((_, other) => other !== at);
  const examples = pythonRandom(SHOTS_SEED + at).sample(others.length, shots)
    .map((place) => others[place] as Question)
    .map(({ texts, gold }) => `${texts[gold]}\n\n`)
    .join("");
  return { kind: "core", form, texts: texts.map((text) => (examples + text)), gold };
}

async function parsed<T>(file: string, parse: (text: string) => T): Promise<T> {
  try {
    return parse(await Deno.readTextFile(file));
  } catch (cause) {
    throw new UsageError(`Cannot read ${file}: ${faultOf(cause)}`, { cause });
  }
}

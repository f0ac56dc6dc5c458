/**
 * prompts.json: beginnings of documents that the model is not trained on, used by samples, the
 * playground and suggested commands.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { readIfThere, replaceFile } from "../model/durable.ts";
import { NOT_A_LINE } from "./beginning.ts";

/** Name of the file, in a run folder or beside a model. */
const PROMPTS_FILE = "prompts.json";
/** Limits of the file. */
const MAX_COUNT = 5, MAX_CHARS = 120;

/** The prompts of a run, as in the file. */
export interface Prompts {
  readonly prompts: readonly string[];
  /** Split of their documents: held out, or train where none is held out. */
  readonly split: "validation" | "train";
  /** Ids of these documents, in the same order. */
  readonly documents: readonly string[];
}

const schema = z.object({
  prompts: z.array(z.string().min(1).max(MAX_CHARS).refine((text) => !NOT_A_LINE.test(text)))
    .max(MAX_COUNT),
});

/** The prompts that `folder` itself has; undefined where it has no prompts.json. */
export async function readOwnPrompts(folder: string): Promise<readonly string[] | undefined> {
  const path = join(folder, PROMPTS_FILE);
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const what = `Cannot read ${path}`;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new TypeError(`${what}: it is not JSON; remove it`, { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data.prompts;
  throw new TypeError(
    `${what}: prompts must be up to ${MAX_COUNT} lines of 1 to ${MAX_CHARS} characters; remove it`,
  );
}

/** Writes the prompts.json of `folder`. */
export async function writePrompts(
  folder: string,
  prompts: Prompts | Pick<Prompts, "prompts">,
): Promise<void> {
  await replaceFile(join(folder, PROMPTS_FILE), JSON.stringify(prompts, null, 2) + "\n");
}

/**
 * The prompts of the model in `folder`: from its own prompts.json or, for a checkpoint, from its run;
 * none where there is no such file.
 *
 * @throws {TypeError} when the file is malformed
 */
export async function readPrompts(folder: string): Promise<readonly string[]> {
  const own = await readOwnPrompts(folder);
  const parent = dirname(resolve(folder));
  if (own !== undefined || basename(parent) !== "checkpoints") return own ?? [];
  return await readOwnPrompts(dirname(parent)) ?? [];
}

/** Copies the prompts of the model in `from` to the folder `to`, if there are any. */
export async function copyPrompts(from: string, to: string): Promise<void> {
  const prompts = await readPrompts(from);
  if (prompts.length === 0) return;
  await writePrompts(to, { prompts });
}

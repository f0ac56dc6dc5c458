/**
 * What judges documents by files of the user's: a classifier of quality, evaluations not to be seen.
 *
 * @module
 */
import { reasonOf } from "../../cli/failure.ts";
import { UsageError } from "../../cli/flags.ts";
import { checkFile, type FileSetting } from "../../run/file_setting.ts";
import {
  type EvaluationGrams,
  learnQuality,
  openEvaluationGrams,
  type QualityModel,
} from "../../stages/refine/mod.ts";
import { itemsOf, textsOf } from "./text_records.ts";

/** Files as the settings of a run name them. */
export interface JudgeFiles {
  /** Good texts, bad texts. */
  readonly quality?: readonly FileSetting[];
  readonly decontaminate?: readonly FileSetting[];
}

/** What is made of them. */
export interface Judges {
  readonly quality?: QualityModel;
  readonly evaluations?: EvaluationGrams;
}

/**
 * Makes what the files ask for, and nothing else.
 *
 * @throws {UsageError} for a file that has changed since the run began, or cannot be used
 */
export async function openJudges(
  { quality, decontaminate }: JudgeFiles,
  { note }: { note: (line: string) => void },
): Promise<Judges> {
  return {
    ...(quality ? { quality: await learnFrom(quality) } : {}),
    ...(decontaminate ? { evaluations: await readEvaluations(decontaminate, note) } : {}),
  };
}

async function learnFrom(files: readonly FileSetting[]): Promise<QualityModel> {
  const [good, bad] = files.map((file) => {
    checkFile(file, `--quality ${file.path}`);
    return () => textsOf(file.path, "quality");
  });
  if (!good || !bad) throw new UsageError("Cannot use --quality: it must name two files");
  try {
    return await learnQuality({ good, bad });
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    const names = files.map(({ path }) => path).join(",");
    throw new UsageError(`Cannot use --quality ${names}: ${reasonOf(cause)}`, { cause });
  }
}

async function readEvaluations(
  files: readonly FileSetting[],
  note: (line: string) => void,
): Promise<EvaluationGrams> {
  const evaluations = openEvaluationGrams();
  for (const file of files) {
    const use = `--decontaminate ${file.path}`;
    checkFile(file, use);
    let items = 0, short = 0;
    for await (const { texts, name } of itemsOf(file.path, "decontaminate")) {
      items++;
      const found = texts.map((text) => evaluations.add(text, name)).some((count) => count > 0);
      if (!found) short++;
    }
    if (short === items) {
      throw new UsageError(`Cannot use ${use}: none of its ${items} items has 13 words in a row`);
    }
    if (short > 0) {
      note(`${use}: ${short} of ${items} items are shorter than 13 words and not found`);
    }
  }
  return evaluations;
}

/**
 * Stages of the user's own as a run's settings keep them.
 *
 * @module
 */
import { z } from "zod";
import { UsageError } from "../cli/flags.ts";
import { checkFile, FILE, readFileSetting } from "./file_setting.ts";

/** The stages that one of the user's own can stand behind. */
const STAGE_PLACES = ["extract", "refine"] as const;

const SETTING = z.strictObject({ after: z.enum(STAGE_PLACES), ...FILE.shape });

/** One stage: behind which of ours it stands, its module, and the digest of that. */
export type StageSetting = Readonly<ReturnType<typeof SETTING.parse>>;

/** Reads what run.json has of them; throws where it is something else. */
export function parseStageSettings(stored: unknown): readonly StageSetting[] {
  return z.array(SETTING).parse(stored);
}

/**
 * Reads `refine:./filter.ts`.
 *
 * @throws {UsageError} for another place than {@linkcode STAGE_PLACES}, or a module that is not there
 */
export function readStageSetting(text: string): StageSetting {
  const [, name, file] = /^([^:]*):(.+)$/s.exec(text) ?? [];
  const after = STAGE_PLACES.find((place) => place === name);
  if (after === undefined || file === undefined) {
    const places = STAGE_PLACES.map((place) => `${place}:FILE`).join(" or ");
    throw new UsageError(`Cannot use --stage ${text}: it must be ${places}`);
  }
  return { after, ...readFileSetting(file, `--stage ${text}`) };
}

/**
 * Checks that a module is the one that the setting was made of.
 *
 * @throws {UsageError} when its text has changed since
 */
export function checkStageModule({ after, ...file }: StageSetting): void {
  checkFile(file, `--stage ${after}:${file.path}`);
}

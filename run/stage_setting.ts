/**
 * Stages of the user's own as a run's settings keep them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { z } from "zod";
import { reasonOf } from "../cli/failure.ts";
import { UsageError } from "../cli/flags.ts";

/** The stages that one of the user's own can stand behind. */
export const STAGE_PLACES = ["extract", "refine"] as const;

const SETTING = z.strictObject({
  after: z.enum(STAGE_PLACES),
  /** Absolute path of the module. */
  path: z.string(),
  /** Of the module's text, hexadecimal. */
  sha256: z.string(),
});

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
  const path = resolve(file);
  try {
    return { after, path, sha256: digestOf(path) };
  } catch (cause) {
    throw new UsageError(`Cannot use --stage ${text}: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Checks that a module is the one that the setting was made of.
 *
 * @throws {UsageError} when its text has changed since
 */
export function checkStageModule({ after, path, sha256 }: StageSetting): void {
  if (digestOf(path) === sha256) return;
  throw new UsageError(
    `Cannot use --stage ${after}:${path}: its text is not what the run began with; put that back, ` +
      "or name it with --force while documents are still taken in",
  );
}

function digestOf(path: string): string {
  return createHash("sha256").update(Deno.readFileSync(path)).digest("hex");
}

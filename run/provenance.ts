/**
 * What every checkpoint says about how it came about: settings, versions, tokenizer, schedule,
 * optimizer and random numbers. Where each stage stood is in its cursors.
 *
 * @module
 */
import { digestProgram, type ProgramDigest } from "./program_digest.ts";
import { UsageError } from "../cli/flags.ts";
import type { RunSettings } from "./folder.ts";
import type { TokenizerFile } from "./tokenizer_file.ts";
import { optimizerOf, scheduleOf } from "./settings/training.ts";

/** Plain JSON, the `run` of a state.json. */
export interface Provenance {
  readonly settings: RunSettings;
  readonly program: ProgramDigest;
  readonly versions: typeof Deno.version;
  /** SHA-256 of tokenizer.json, which with the documents decides the tokens. */
  readonly tokenizer: string;
  readonly schedule: ReturnType<typeof scheduleOf>;
  readonly optimizer: ReturnType<typeof optimizerOf>;
  /** Every draw is addressed by name, epoch and index, which the batch stage's cursor tells. */
  readonly random: { readonly generator: "philox4x32-10"; readonly seed: number };
}

/**
 * What a user should know before a run goes on from a checkpoint of provenance `before`; undefined
 * when there is nothing.
 */
export function describeDrift(before: unknown, now: Provenance): string | undefined {
  const { program, versions } = (before ?? {}) as Partial<Provenance>;
  const changed = [
    ...program && program.sha256 !== now.program.sha256 ? ["program"] : [],
    ...versions && versions.v8 !== now.versions.v8 ? ["Deno"] : [],
  ];
  if (changed.length === 0) return undefined;
  return `goes on with another version of ${changed.join(" and ")} than made its checkpoint: ` +
    "the result may differ from that of one version alone";
}

/**
 * Checks that a run goes on with the tokenizer of its checkpoint: other ids of the same number would
 * train on as if nothing were wrong.
 *
 * @throws {UsageError} naming both digests and what to change
 */
export function checkSameTokenizer(before: unknown, now: Provenance): void {
  const { tokenizer } = (before ?? {}) as Partial<Provenance>;
  if (tokenizer === undefined || tokenizer === now.tokenizer) return;
  throw new UsageError(
    `Cannot go on training: the run's tokenizer.json has the digest ${
      now.tokenizer.slice(0, 12)
    } ` +
      `and its checkpoint was trained with ${tokenizer.slice(0, 12)}; put the checkpoint's ` +
      `tokenizer.json back into the run folder, or choose another folder`,
  );
}

/** The provenance of a run. */
export async function provenanceOf(
  settings: RunSettings,
  { tokenizer }: { tokenizer: TokenizerFile },
): Promise<Provenance> {
  return {
    settings,
    program: await digestProgram(),
    versions: Deno.version,
    tokenizer: tokenizer.hash,
    schedule: scheduleOf(settings),
    optimizer: optimizerOf(settings),
    random: { generator: "philox4x32-10", seed: settings.seed },
  };
}

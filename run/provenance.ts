/**
 * Provenance in every checkpoint: settings, versions, tokenizer, schedule, optimizer and random
 * numbers. Positions of the stages are in its cursors.
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
  /** SHA-256 of tokenizer.json, which together with the documents determines the tokens. */
  readonly tokenizer: string;
  readonly schedule: ReturnType<typeof scheduleOf>;
  readonly optimizer: ReturnType<typeof optimizerOf>;
  /** Every draw is addressed by name, epoch and index, which follow from the batch stage's cursor. */
  readonly random: { readonly generator: "philox4x32-10"; readonly seed: number };
}

/**
 * Warning for a run that resumes from a checkpoint of provenance `before`; undefined when there is
 * none.
 */
export function describeDrift(before: unknown, now: Provenance): string | undefined {
  const { program, versions } = (before ?? {}) as Partial<Provenance>;
  const changed = [
    ...program && program.sha256 !== now.program.sha256 ? ["program"] : [],
    ...versions && versions.v8 !== now.versions.v8 ? ["Deno"] : [],
  ];
  if (changed.length === 0) return undefined;
  return `goes on with a different version of ${changed.join(" and ")} than its checkpoint: ` +
    "the result may differ from that of a single version";
}

/**
 * Checks that a run resumes with the tokenizer of its checkpoint: another tokenizer of the same size
 * would silently train on wrong ids.
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

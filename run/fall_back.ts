/**
 * Records the use of `--fall-back`: the checkpoint that a run resumed from, and why newer ones failed.
 *
 * @module
 */
import { basename } from "node:path";
import type { NewestCheckpoint } from "../model/checkpoint/mod.ts";

/** One resumption from a checkpoint older than the newest; plain JSON. */
export interface FallBack {
  /** Name of the checkpoint it resumed from. */
  readonly to: string;
  /** Why newer ones were skipped, each in words. */
  readonly passedOver: readonly string[];
}

/** The record for the checkpoint `found`; undefined where it is the newest. */
export function fallBackOf({ dir, passedOver }: NewestCheckpoint): FallBack | undefined {
  return passedOver.length === 0 ? undefined : { to: basename(dir), passedOver };
}

/** The records in the provenance of a checkpoint. */
export function fallBacksOf(run: unknown): readonly FallBack[] {
  return ((run ?? {}) as { readonly fallBacks?: readonly FallBack[] }).fallBacks ?? [];
}

/** Describes it in one line. */
export function describeFallBack({ to, passedOver }: FallBack): string {
  return `goes on from ${to}, as --fall-back says: ${passedOver.join("; ")}`;
}

/**
 * What a run remembers of `--fall-back`: from which checkpoint it went on, and why from no newer one.
 *
 * @module
 */
import { basename } from "node:path";
import type { NewestCheckpoint } from "../model/checkpoint/mod.ts";

/** One time that a run went on from an earlier checkpoint than its newest; plain JSON. */
export interface FallBack {
  /** Name of the checkpoint that it went on from. */
  readonly to: string;
  /** Why newer ones were passed over, each in words. */
  readonly passedOver: readonly string[];
}

/** What to remember of the checkpoint `found`; undefined where it is the newest. */
export function fallBackOf({ dir, passedOver }: NewestCheckpoint): FallBack | undefined {
  return passedOver.length === 0 ? undefined : { to: basename(dir), passedOver };
}

/** What the provenance of a checkpoint remembers. */
export function fallBacksOf(run: unknown): readonly FallBack[] {
  return ((run ?? {}) as { readonly fallBacks?: readonly FallBack[] }).fallBacks ?? [];
}

/** Says it in a line. */
export function describeFallBack({ to, passedOver }: FallBack): string {
  return `goes on from ${to}, as --fall-back says: ${passedOver.join("; ")}`;
}

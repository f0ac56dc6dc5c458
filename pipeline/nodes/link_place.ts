/**
 * Whether the broker still has the links that it has acknowledged. A server that loses power may forget
 * the last messages of a stream; of one that it has, it has all that came before.
 *
 * @module
 */
import { LostLease } from "../../cluster/lease.ts";
import type { ClusterRun } from "../../cluster/run.ts";
import { VALUE_ID } from "../../cluster/to_stream.ts";

/** A message of addresses in their stream. */
export interface LinkPlace {
  readonly sequence: number;
  /** After a loss another message may have the same sequence. */
  readonly id: string;
}

/** Whether the broker has the message at a place. */
export async function isThere(
  { cluster: { manager }, names }: ClusterRun,
  { sequence, id }: LinkPlace,
): Promise<boolean> {
  const message = await manager.streams.getMessage(names.streams.url, { seq: sequence });
  return message?.header.get(VALUE_ID) === id;
}

/**
 * Has the shard begin again with another owner where links are forgotten: it fetches their pages anew.
 *
 * @throws {LostLease} when the broker has not all of them
 */
export async function checkThere(
  run: ClusterRun,
  places: readonly (LinkPlace | undefined)[],
): Promise<void> {
  for (const place of places) {
    if (place === undefined || await isThere(run, place)) continue;
    throw new LostLease("the broker has forgotten links that it had acknowledged");
  }
}

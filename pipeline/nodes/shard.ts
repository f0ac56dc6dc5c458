/**
 * Shards of a crawl: which hosts belong together, and what is known of the addresses of each.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { getDomain } from "tldts";
import { SHARDS } from "../../cluster/subjects.ts";
import type { LinkPlace } from "./link_place.ts";

/** Addresses that were found, on their way to who crawls their host. */
export interface FoundLinks {
  /** Each with its number of links from a seed. */
  readonly links: readonly (readonly [url: string, depth: number])[];
}

/** What the owner of a shard says of it, under `shard.N` in the bucket of the run. */
export interface ShardState {
  /** Revision of the owner's lease. */
  readonly owner: number;
  /** Messages of addresses that it has taken in. */
  readonly applied: number;
  /** The last of them, and the last that it has sent. */
  readonly links: readonly LinkPlace[];
  /** Chunks that it has sent. */
  readonly sent: number;
  /** Whether nothing is left to fetch. */
  readonly idle: boolean;
  /** Of each keeper, the last delivery that its knowledge of stored pages rests on. */
  readonly basis: Readonly<Record<string, number>>;
}

/**
 * The shard of an address: all hosts under one registrable domain are in one, so that one node
 * at a time paces them.
 */
export function shardOf(url: string): number {
  const { hostname } = new URL(url);
  const domain = getDomain(hostname, { allowPrivateDomains: true }) ?? hostname;
  return createHash("sha256").update(domain).digest().readUInt32BE(0) % SHARDS;
}

/** The key of a shard's state, and of its lease in the bucket of leases. */
export const shardKey = (shard: number): string => `shard.${shard}`;

/** Splits addresses by their shards. */
export function byShard(
  links: readonly (readonly [url: string, depth: number])[],
): Map<number, FoundLinks["links"]> {
  return Map.groupBy(links, ([url]) => shardOf(url));
}

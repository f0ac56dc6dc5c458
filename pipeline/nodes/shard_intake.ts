/**
 * Documents of a crawl as they come from the owners of its shards, and whether it is over.
 *
 * @module
 */
import { type Delivery, fromStream } from "../../cluster/from_stream.ts";
import { type Lease, pause } from "../../cluster/lease.ts";
import { patiently } from "../../cluster/patiently.ts";
import { isAway, publish } from "../../cluster/to_stream.ts";
import { canonicalSeed } from "../../stages/crawl/mod.ts";
import { type Chunk, decodeChunk, type StoredChunk } from "./chunk.ts";
import { openConsumer, removeConsumer } from "./consumers.ts";
import type { Fence } from "./fence.ts";
import { isThere, type LinkPlace } from "./link_place.ts";
import type { Node, RoleCounts } from "./node.ts";
import { wantPages } from "./run_state.ts";
import { byShard, shardKey, type ShardState } from "./shard.ts";

/** Time between two looks at whether the crawl is over, while nothing comes. */
const LOOK_MS = 1_000;
/** Time without a chunk after which one that an owner has sent does not come any more. */
const FORGOTTEN_MS = 120_000;
/** Deliveries are acknowledged by marks, so they may take long. */
const ACK_MS = 60_000;

/** Chunks of the owner of a shard that have been taken. */
interface Taken {
  readonly owner: number;
  /** All before this one. */
  readonly sent: number;
  /** Those that came before their turn. */
  readonly ahead: readonly number[];
}

/** Which chunks of each shard have been taken; plain JSON. */
export interface ShardPlaces {
  readonly shards: Readonly<Record<string, Taken>>;
  /** Pages of all of them. */
  readonly pages: number;
  /** How many of its deliveries each keeper has in the journal. */
  readonly told: Readonly<Record<string, number>>;
}

/** A place among the deliveries to this keeper. */
export interface ShardCursor extends ShardPlaces {
  readonly ticket: number;
}

/** The crawl as the keeper sees it. */
export interface ShardIntake {
  /** The next chunk, and the place behind it; undefined when the crawl is over. */
  next(): Promise<{ readonly chunk: Chunk; readonly cursor: ShardCursor } | undefined>;
  /** The place behind all that was taken. */
  cursor(): ShardCursor;
  /** All up to a cursor of this keeper is in the journal: tells the owners, and the broker. */
  marked(cursor: ShardCursor): Promise<void>;
}

/** Options of {@linkcode openShardIntake}. */
export interface ShardIntakeOptions {
  readonly node: Node;
  readonly seeds: readonly string[];
  /** Where an earlier keeper stood. */
  readonly from: ShardPlaces;
  readonly counts: RoleCounts;
  /** Ends the taking in. */
  readonly signal: AbortSignal;
  /** Under which marks are made, also after it. */
  readonly lease: Lease;
  readonly fence: Pick<Fence, "mark">;
}

/** Hands the seeds to their shards, where nobody has, and takes in what their owners send. */
export async function openShardIntake(options: ShardIntakeOptions): Promise<ShardIntake> {
  const { node, seeds, counts, signal, fence, from } = options;
  const { run, settings } = node;
  const { cluster, names } = run;
  const shards: Record<string, Taken> = { ...from.shards };
  let { pages } = from;
  /** Not the lease's revision, which comes again where the broker has forgotten the lease. */
  const keeper = crypto.randomUUID();
  let ticket = 0;
  let arrivedAt = performance.now();
  const pending: { ticket: number; delivery: Delivery<Chunk> }[] = [];

  /** Owners that begin from here on know by the mark what earlier keepers told in vain. */
  const claim = async () => await fence.mark({ told: { ...from.told, [keeper]: null } });
  await claim();
  async function publishSeeds(): Promise<LinkPlace[]> {
    const links = seeds.map((url) => [canonicalSeed(url), 0] as const);
    const places: LinkPlace[] = [];
    for (const [shard, part] of byShard(links)) {
      const bytes = new TextEncoder().encode(JSON.stringify({ links: part }));
      const id = `seeds.${shard}`;
      places.push({
        id,
        sequence: await publish(names.url(shard), bytes, { cluster, id, signal }),
      });
    }
    return places;
  }
  let seeded = await publishSeeds();

  await patiently(signal, () => wantPages(run.bucket, true));
  const { doc: stream } = names.streams;
  const consumer = { stream, name: "shards", filter: names.doc("s*"), ackMs: ACK_MS };
  // What an earlier keeper took and did not mark comes again now, and not when its time is over.
  await patiently(signal, () => removeConsumer(run, consumer));
  const deliveries = fromStream(() => openConsumer(run, consumer), { decode: decodeChunk, signal })
    .getReader();
  let coming: Promise<ReadableStreamReadResult<Delivery<Chunk>>> | undefined;

  /** Whether an owner takes pages for stored that are in no journal: their mark was forgotten. */
  const isMisled = ({ basis }: ShardState) =>
    Object.entries(basis).some(([name, last]) => name !== keeper && last > (from.told[name] ?? 0));

  /**
   * Whether every owner is idle, knows all addresses of its shard, and has all it sent taken. A shard
   * of which only that is missing for long was forgotten by the broker: another owner begins with what
   * the journal has. So it is, at once, where an owner is misled.
   */
  async function isOver(): Promise<boolean> {
    let isOver = true;
    const links = new Map<number, readonly LinkPlace[]>();
    const { state } = await cluster.manager.streams.info(names.streams.url, {
      subjects_filter: names.url("*"),
    });
    for (const [subject, messages] of Object.entries(state.subjects ?? {})) {
      const shard = Number(subject.split(".").at(-1));
      const entry = await run.bucket.get(shardKey(shard));
      const now = entry?.json<ShardState>();
      if (now && isMisled(now)) {
        // The broker may have forgotten this mark too.
        await claim();
        await run.leases.delete(shardKey(shard));
        isOver = false;
        continue;
      }
      if (!now?.idle || now.applied !== messages) {
        isOver = false;
        continue;
      }
      links.set(shard, now.links);
      const taken = shards[shard];
      if (now.sent === 0 || (taken?.owner === now.owner && taken.sent === now.sent)) continue;
      isOver = false;
      if (performance.now() - arrivedAt > FORGOTTEN_MS) await run.leases.delete(shardKey(shard));
    }
    if (performance.now() - arrivedAt > FORGOTTEN_MS) arrivedAt = performance.now();
    return isOver && await areThere(links);
  }

  /** Whether the broker has all links still; who sent those that it has forgotten is replaced. */
  async function areThere(links: ReadonlyMap<number, readonly LinkPlace[]>): Promise<boolean> {
    const has = async (places: readonly LinkPlace[]) => {
      for (const place of places) if (!await isThere(run, place)) return false;
      return true;
    };
    let areAll = await has(seeded);
    if (!areAll) seeded = await publishSeeds();
    for (const [shard, places] of links) {
      if (await has(places)) continue;
      areAll = false;
      await run.leases.delete(shardKey(shard));
    }
    return areAll;
  }

  /** Takes one delivery in; undefined for one that has come before. */
  function take(delivery: Delivery<Chunk>): Chunk | undefined {
    const chunk = delivery.value;
    const { source, sequence, owner = 0 } = chunk;
    const shard = source.slice(1);
    const taken = shards[shard];
    pending.push({ ticket: ++ticket, delivery });
    const own = taken?.owner === owner ? taken : { owner, sent: 0, ahead: [] };
    if (sequence < own.sent || own.ahead.includes(sequence)) {
      counts.add("twice");
      return undefined;
    }
    if (taken === undefined || owner >= taken.owner) shards[shard] = withChunk(own, sequence);
    pages += chunk.pages;
    return chunk;
  }

  const cursor = () => ({
    ...{ shards: { ...shards }, pages, ticket },
    told: { ...from.told, [keeper]: ticket },
  });
  return {
    async next() {
      for (;;) {
        signal.throwIfAborted();
        if (pages >= settings.maxPages) break;
        coming ??= deliveries.read();
        const looked = new AbortController();
        const arrived = await Promise.race([
          coming,
          pause(LOOK_MS, AbortSignal.any([signal, looked.signal])).then(
            () => undefined,
            () => undefined,
          ),
        ]);
        looked.abort();
        if (arrived?.done === false) {
          coming = undefined;
          arrivedAt = performance.now();
          const chunk = take(arrived.value);
          if (chunk) return { chunk, cursor: cursor() };
          continue;
        }
        try {
          if (await isOver()) break;
        } catch (error) {
          if (!isAway(error)) throw error;
        }
      }
      await patiently(signal, () => wantPages(run.bucket, false));
      coming?.catch(() => {});
      await deliveries.cancel("the crawl is over");
      return undefined;
    },
    cursor,
    async marked({ ticket: upTo }) {
      while (pending[0] && pending[0].ticket <= upTo) {
        const { delivery, ticket } = pending.shift() as (typeof pending)[number];
        const { source, owner, done } = delivery.value;
        if (done) {
          const stored: StoredChunk = { ...done, keeper, ticket };
          const bytes = new TextEncoder().encode(JSON.stringify(stored));
          const id = `stored.${keeper}.${owner}.${delivery.id}`;
          await publish(names.stored(source), bytes, { cluster, id, signal: options.lease.signal });
        }
        delivery.ack();
      }
    },
  };
}

function withChunk({ owner, sent, ahead }: Taken, sequence: number): Taken {
  const later = new Set([...ahead, sequence]);
  let next = sent;
  while (later.delete(next)) next++;
  return { owner, sent: next, ahead: [...later] };
}

/** Reads back what a mark carried; the beginning where it carried nothing. */
export function readShardPlaces(cursor: unknown): ShardPlaces {
  const { shards = {}, pages = 0, told = {} } = cursor as Partial<ShardPlaces> | undefined ?? {};
  return { shards, pages, told };
}

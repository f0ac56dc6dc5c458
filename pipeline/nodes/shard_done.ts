/**
 * What of a shard need not be fetched again, as keepers have told it.
 *
 * @module
 */
import type { ClusterRun } from "../../cluster/run.ts";
import type { StoredChunk } from "./chunk.ts";
import { readTold } from "./fence.ts";
import { isThere } from "./link_place.ts";

/** Messages that are asked for at once, and time until those that do not come are counted anew. */
const READ_AT_ONCE = 1_000, READ_MS = 2_000;

/** Addresses that are done with, and the last delivery of each keeper that this rests on. */
export interface DoneAddresses {
  readonly pages: ReadonlySet<string>;
  readonly dropped: ReadonlySet<string>;
  readonly basis: Readonly<Record<string, number>>;
}

/** Options of {@linkcode readDone}. */
export interface ReadDoneOptions {
  readonly run: ClusterRun;
  readonly shard: number;
  readonly signal: AbortSignal;
}

/**
 * The addresses of a shard that are in the journal, or were dropped, by the word of keepers that counts;
 * without those whose links the broker has forgotten.
 */
export async function readDone(options: ReadDoneOptions): Promise<DoneAddresses> {
  const { run } = options;
  const basis: Record<string, number> = {};
  const done = { pages: new Set<string>(), dropped: new Set<string>(), basis };
  const stored = await readStored(options);
  const told = stored.length > 0 ? await readTold(run.bucket) : {};
  const counts = stored.filter(({ keeper, ticket }) => {
    const upTo = told[keeper];
    return upTo === null || ticket <= (upTo ?? 0);
  });
  const sessions = Map.groupBy(counts, ({ links }) => links?.id.replace(/\.\d+$/, ""));
  for (const chunks of sessions.values()) {
    const newest = chunks.toSorted((a, b) => (b.links?.sequence ?? 0) - (a.links?.sequence ?? 0));
    let areThere = false;
    for (const { pages, dropped, keeper, ticket, links } of newest) {
      basis[keeper] = Math.max(ticket, basis[keeper] ?? 0);
      areThere ||= links === undefined || await isThere(run, links);
      if (!areThere) continue;
      for (const url of pages) done.pages.add(url);
      for (const url of dropped) done.dropped.add(url);
    }
  }
  return done;
}

/** What keepers have said of the chunks of a shard. */
async function readStored({ run, shard, signal }: ReadDoneOptions): Promise<StoredChunk[]> {
  const { js, manager } = run.cluster;
  const subject = run.names.stored(`s${shard}`);
  const stream = run.names.streams.stored;
  const stored: StoredChunk[] = [];
  const consumer = await js.consumers.get(stream, { filter_subjects: subject });
  for (;;) {
    signal.throwIfAborted();
    // Counted anew each time: the broker may forget the last ones meanwhile.
    const { state } = await manager.streams.info(stream, { subjects_filter: subject });
    const left = (state.subjects?.[subject] ?? 0) - stored.length;
    if (left <= 0) return stored;
    const wanted = { max_messages: Math.min(left, READ_AT_ONCE), expires: READ_MS };
    for await (const message of await consumer.fetch(wanted)) {
      stored.push(message.json<StoredChunk>());
    }
  }
}

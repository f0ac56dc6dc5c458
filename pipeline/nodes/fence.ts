/**
 * The mark of a run: how far its journal is, and under which lease. A keeper replaces it by
 * compare-and-set, so that one whose place another has taken cannot.
 *
 * @module
 */
import type { KV } from "@nats-io/kv";
import { isConflict, type Lease, pause } from "../../cluster/lease.ts";
import { isAway } from "../../cluster/to_stream.ts";

const KEY = "mark";
const RETRY_MS = 250;

/** What the run's bucket says of its journal. */
export interface RunMark {
  /** Revision of the lease of the keeper that wrote it. */
  readonly lease: number;
  readonly documents: number;
  /** The object that lists what the next keeper needs; absent where nothing is mirrored. */
  readonly folder?: string;
  /** Of a crawl: whose word that documents are stored still counts. */
  readonly told?: Told;
}

/**
 * How many of its deliveries each keeper has in the journal, by a name that it had for that session;
 * null for the one at work. What a keeper told of later ones is void: the mark that had them was
 * forgotten, and with it their documents.
 */
export type Told = Readonly<Record<string, number | null>>;

/** Whose word counts, as the mark of the run has it. */
export async function readTold(bucket: KV): Promise<Told> {
  const entry = await bucket.get(KEY);
  return entry?.operation === "PUT" ? entry.json<RunMark>().told ?? {} : {};
}

/** A keeper that has been replaced by another. */
export class StaleKeeper extends Error {
  override name = "StaleKeeper";
}

/** The right to write the mark of a run. */
export interface Fence {
  /** The mark that was found when the lease was taken. */
  readonly before: RunMark | undefined;
  /** Replaces parts of the mark. @throws {StaleKeeper} when another keeper has */
  mark(mark: Partial<Omit<RunMark, "lease">>): Promise<void>;
}

/** Claims the mark for the holder of `lease`: from here on, no earlier holder can replace it. */
export async function openFence(bucket: KV, lease: Lease): Promise<Fence> {
  const entry = await bucket.get(KEY);
  const found = entry === null || entry.operation !== "PUT" ? undefined : entry.json<RunMark>();
  // The same revision comes again where the broker has forgotten that it was taken.
  if (found && found.lease >= lease.revision) throw stale(found);
  let revision = entry?.revision ?? 0;
  const write = async (mark: RunMark) => {
    for (;;) {
      lease.check();
      try {
        const text = JSON.stringify(mark);
        revision =
          await (revision === 0 ? bucket.create(KEY, text) : bucket.update(KEY, text, revision));
        return;
      } catch (error) {
        if (isConflict(error)) {
          // It may be this very mark, whose answer was lost.
          const now = await bucket.get(KEY);
          const written = now?.json<RunMark>();
          if (now === null || written?.lease !== lease.revision) throw stale(written);
          revision = now.revision;
        } else if (!isAway(error)) throw error;
        await pause(RETRY_MS, lease.signal);
      }
    }
  };
  let last: RunMark = { ...found, documents: found?.documents ?? 0, lease: lease.revision };
  let turn = write(last);
  await turn;
  return {
    before: found,
    // One after another: each goes on from the revision of the one before.
    mark: (part) => turn = turn.then(() => write(last = { ...last, ...part })),
  };
}

function stale(mark: RunMark | undefined): StaleKeeper {
  return new StaleKeeper(
    `Cannot keep the run any longer: another keeper has marked it under lease ${mark?.lease}`,
  );
}

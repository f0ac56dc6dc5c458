/**
 * Which of the frontier's URLs comes next: those that an earlier session had picked, then by
 * priority, hosts taking turns.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { entryOf, type FrontierEntry } from "./frontier_entry.ts";

/** URLs searched for an idle host. */
const NEAR = 200;
/** URLs searched when some hosts are excluded. */
const FAR = 10_000;

/** Criteria of a pick. */
export interface PickOptions {
  /** Most URLs of one host; hosts that reach it are skipped for good. */
  readonly maxPerHost?: number;
  /** Hosts to pick only when no other has a URL. */
  readonly crowded?: ReadonlySet<string>;
  /** Hosts to skip. */
  readonly parked?: ReadonlySet<string>;
}

/** The order of the rows that are queued. */
export interface Queue {
  pick(options: PickOptions): FrontierEntry | undefined;
  /** An entry that was picked has ended. */
  leave(sequence: number): void;
  /** Every row is queued again. */
  reset(): void;
}

const NONE: ReadonlySet<string> = new Set();

/** Opens the queue over the tables; `onLimit` is called for each URL dropped by its host's limit. */
export function openQueue(db: DatabaseSync, { onLimit }: { onLimit: () => void }): Queue {
  const turned = db.prepare(
    `SELECT * FROM urls WHERE state = 'queued' AND turn > ? ORDER BY turn LIMIT 1`,
  );
  const untouched = db.prepare(
    `SELECT sequence, host FROM urls WHERE state = 'queued' AND turn IS NULL
     ORDER BY priority, sequence LIMIT ?`,
  );
  const rowOf = db.prepare(`SELECT * FROM urls WHERE sequence = ?`);
  const giveTurn = db.prepare(`UPDATE urls SET turn = ? WHERE sequence = ?`);
  const takenOf = db.prepare(`SELECT taken FROM hosts WHERE host = ?`);
  const take = db.prepare(`UPDATE hosts SET taken = taken + 1 WHERE host = ?`);
  const countHosts = db.prepare(`SELECT COUNT(*) AS n FROM (SELECT 1 FROM hosts LIMIT ?)`);
  const drop = db.prepare(
    `UPDATE urls SET state = 'dropped', reason = 'host-limit' WHERE sequence = ?`,
  );
  let lastTurn = Number(db.prepare(`SELECT MAX(turn) AS n FROM urls`).get()?.n ?? 0);
  /** Whether entries that an earlier session had picked may be queued. */
  let replaying = lastTurn > 0;
  const inFlight = new Set<number>();

  function pickAgain(parked: ReadonlySet<string>): FrontierEntry | undefined {
    let passed = false;
    for (let row = turned.get(0); row !== undefined; row = turned.get(Number(row.turn))) {
      if (inFlight.has(Number(row.sequence))) continue;
      if (!parked.has(String(row.host))) return entryOf(row, Number(row.turn));
      passed = true;
    }
    replaying = passed;
    return undefined;
  }

  interface Candidate {
    readonly sequence: number;
    readonly host: string;
  }

  function first(within: number, wanted: (host: string) => boolean): Candidate | undefined {
    for (const row of untouched.iterate(within)) {
      const host = String(row.host);
      if (wanted(host)) return { sequence: Number(row.sequence), host };
    }
    return undefined;
  }

  function next({ crowded = NONE, parked = NONE }: PickOptions): Candidate | undefined {
    const busy = new Set([...crowded, ...parked]);
    const others = busy.size > 0 && Number(countHosts.get(busy.size + 1)?.n) > busy.size;
    const calm = others ? first(NEAR, (host) => !busy.has(host)) : undefined;
    return calm ?? first(parked.size > 0 ? FAR : 1, (host) => !parked.has(host));
  }

  return {
    pick(options) {
      const again = replaying ? pickAgain(options.parked ?? NONE) : undefined;
      if (again !== undefined) {
        inFlight.add(again.sequence);
        return again;
      }
      const { maxPerHost = Infinity } = options;
      for (let found = next(options); found !== undefined; found = next(options)) {
        const { sequence, host } = found;
        if (Number(takenOf.get(host)?.taken ?? 0) >= maxPerHost) {
          drop.run(sequence);
          onLimit();
          continue;
        }
        giveTurn.run(++lastTurn, sequence);
        take.run(host);
        inFlight.add(sequence);
        return entryOf(rowOf.get(sequence) ?? {}, lastTurn);
      }
      return undefined;
    },
    leave: (sequence) => void inFlight.delete(sequence),
    reset() {
      lastTurn = 0;
      replaying = false;
      inFlight.clear();
    },
  };
}

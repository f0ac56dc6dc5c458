/**
 * What a change of the crawl's settings means for the URLs that are known: those that were refused
 * for a setting are looked at again, and those that wait and are not wanted any more are taken out.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { DropReason } from "../meter.ts";
import { transaction } from "./frontier_schema.ts";

/** Refused links remembered; beyond, they are only counted. */
const MAX_REFUSED = 1_000_000;
/** Rows looked at in one go. */
const BATCH = 10_000;

/** Why a URL was dropped that other settings may let in. */
const BY_SETTING: readonly (DropReason | "host-limit")[] = [
  "blocked-address",
  "blocked-host",
  "robots-disallowed", // another user agent may be allowed
  "out-of-scope",
  "too-large",
  "host-limit",
];

/** What a change of settings came to. */
export interface Reconsidered {
  /** URLs that are queued again, or at last. */
  readonly admitted: number;
  /** URLs that no longer are. */
  readonly refused: number;
}

/** The settings' part of the tables. */
export interface RulesTable {
  /** Remembers a link that the settings refuse. */
  refuse(url: string, depth: number): void;
  /** Looks at everything again if `key` is not the one of the last time. */
  reconsider(
    key: string,
    wants: (url: string, depth: number) => boolean,
  ): Reconsidered;
}

/** Opens it; `add` queues a URL as any link, and says whether it was new. */
export function openRules(
  db: DatabaseSync,
  { add }: { add: (url: string, depth: number) => boolean },
): RulesTable {
  const known = db.prepare(`SELECT value FROM settings WHERE name = 'rules'`);
  const remember = db.prepare(
    `INSERT INTO settings VALUES ('rules', ?1) ON CONFLICT DO UPDATE SET value = ?1`,
  );
  const insert = db.prepare(
    `INSERT INTO refused (url, depth) VALUES (?, ?) ON CONFLICT DO NOTHING`,
  );
  const forget = db.prepare(`DELETE FROM refused WHERE id = ?`);
  const refusedLinks = db.prepare(`SELECT * FROM refused WHERE id > ? ORDER BY id LIMIT ${BATCH}`);
  const reasons = BY_SETTING.map((reason) => `'${reason}'`).join(", ");
  const dropped = db.prepare(
    `SELECT sequence, url, depth FROM urls WHERE state = 'dropped' AND reason IN (${reasons})
     AND sequence > ? ORDER BY sequence LIMIT ${BATCH}`,
  );
  const waiting = db.prepare(
    `SELECT sequence, url, depth FROM urls WHERE state = 'queued' AND depth > 0
     AND sequence > ? ORDER BY sequence LIMIT ${BATCH}`,
  );
  const queue = db.prepare(
    `UPDATE urls SET state = 'queued', turn = NULL, reason = NULL WHERE sequence = ?`,
  );
  const drop = db.prepare(
    `UPDATE urls SET state = 'dropped', reason = 'out-of-scope' WHERE sequence = ?`,
  );
  let room = MAX_REFUSED - Number(db.prepare(`SELECT COUNT(*) AS n FROM refused`).get()?.n);

  /** Rows in batches, so that they may be changed on the way. */
  function* rowsOf(rows: typeof waiting, id: "sequence" | "id") {
    for (let after = 0;;) {
      const batch = rows.all(after);
      for (const row of batch) {
        yield { at: Number(row[id]), url: String(row.url), depth: Number(row.depth) };
      }
      if (batch.length < BATCH) return;
      after = Number(batch.at(-1)?.[id]);
    }
  }

  return {
    refuse(url, depth) {
      if (room > 0) room -= Number(insert.run(url, depth).changes);
    },
    reconsider(key, wants) {
      let [admitted, refused] = [0, 0];
      const before = known.get()?.value;
      if (before === key) return { admitted, refused };
      transaction(db, () => {
        remember.run(key);
        if (before === undefined) return;
        for (const { at, url, depth } of rowsOf(waiting, "sequence")) {
          if (wants(url, depth)) continue;
          drop.run(at);
          refused++;
        }
        for (const { at, url, depth } of rowsOf(dropped, "sequence")) {
          if (depth > 0 && !wants(url, depth)) continue;
          queue.run(at);
          admitted++;
        }
        for (const { at, url, depth } of rowsOf(refusedLinks, "id")) {
          if (!wants(url, depth)) continue;
          forget.run(at);
          room++;
          if (add(url, depth)) admitted++;
        }
      });
      return { admitted, refused };
    },
  };
}

/**
 * Applies changed crawl settings to known URLs: refused ones are reconsidered, and queued ones that
 * are no longer wanted are dropped.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { DropReason } from "../meter.ts";
import { transaction } from "./frontier_schema.ts";

/** Refused links stored; further ones are only counted. */
const MAX_REFUSED = 1_000_000;
/** Rows per batch. */
const BATCH = 10_000;

/** Drop reasons that other settings may lift. */
const BY_SETTING: readonly (DropReason | "host-limit")[] = [
  "blocked-address",
  "blocked-host",
  "robots-disallowed", // another user agent may be allowed
  "out-of-scope",
  "too-large",
  "host-limit",
];

/** Result of a change of settings. */
export interface Reconsidered {
  /** URLs queued, or queued again. */
  readonly admitted: number;
  /** URLs no longer queued. */
  readonly refused: number;
}

/** The settings' part of the tables. */
export interface RulesTable {
  /** Stores a link that the settings refuse. */
  refuse(url: string, depth: number): void;
  /** Reconsiders everything if `key` has changed. */
  reconsider(
    key: string,
    wants: (url: string, depth: number) => boolean,
  ): Reconsidered;
}

/** Opens it; `add` queues a URL like any link, and returns whether it was new. */
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

  /** Rows in batches, so that they can be changed during iteration. */
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

/**
 * The robots.txt files of a crawl, kept in the frontier's database so that a restart within a day
 * does not ask for them again.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

/** An origin's stored answer. */
export interface RobotsCopy {
  /** The file; absent where there is none, which allows everything. */
  readonly body?: Uint8Array;
  /** Milliseconds since 1970. */
  readonly fetchedAt: number;
}

/** Copies by origin. */
export interface RobotsStore {
  /** The copy of an origin's robots.txt; undefined where none was kept. */
  get(origin: string): RobotsCopy | undefined;
  /** Keeps a copy in place of any before it. */
  put(origin: string, copy: RobotsCopy): void;
}

/** The store in the table `robots`. */
export function openRobotsStore(db: DatabaseSync): RobotsStore {
  const find = db.prepare(`SELECT body, fetched FROM robots WHERE origin = ?`);
  const keep = db.prepare(
    `INSERT INTO robots VALUES (?1, ?2, ?3)
     ON CONFLICT DO UPDATE SET body = ?2, fetched = ?3`,
  );
  return {
    get(origin) {
      const row = find.get(origin);
      if (row === undefined) return undefined;
      const { body, fetched } = row;
      return { fetchedAt: Number(fetched), ...(body instanceof Uint8Array ? { body } : {}) };
    },
    put: (origin, { body, fetchedAt }) => void keep.run(origin, body ?? null, fetchedAt),
  };
}

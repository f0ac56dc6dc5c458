/**
 * The tables behind the frontier.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../database.ts";

/** Version of the tables; kept in the file. */
const FORMAT = 3;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS urls (
    sequence INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    host TEXT NOT NULL,
    depth INTEGER NOT NULL,
    -- The smaller, the sooner; ties go by sequence.
    priority INTEGER NOT NULL,
    -- Place in the order of fetching, given once and kept over restarts.
    turn INTEGER,
    state TEXT NOT NULL DEFAULT 'queued',
    -- Why it was dropped.
    reason TEXT,
    -- Place in the order of being handed on, in this session.
    handed INTEGER,
    etag TEXT,
    modified TEXT,
    digest TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS queue ON urls (priority, sequence, host)
    WHERE state = 'queued' AND turn IS NULL;
  CREATE INDEX IF NOT EXISTS turns ON urls (turn) WHERE state = 'queued' AND turn IS NOT NULL;
  CREATE INDEX IF NOT EXISTS claimed ON urls (handed) WHERE state = 'claimed';
  CREATE TABLE IF NOT EXISTS aliases (url TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS sitemaps (origin TEXT PRIMARY KEY) STRICT;
  CREATE TABLE IF NOT EXISTS hosts (host TEXT PRIMARY KEY, taken INTEGER NOT NULL DEFAULT 0) STRICT;
  -- URLs of one kind that a trap would make without end: see trap.ts.
  CREATE TABLE IF NOT EXISTS families (key TEXT PRIMARY KEY, urls INTEGER NOT NULL) STRICT;
  -- Links that the settings refuse, in case other settings do not: see frontier_rules.ts.
  CREATE TABLE IF NOT EXISTS refused (
    id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, depth INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  -- Without a body: the origin has no such file.
  CREATE TABLE IF NOT EXISTS robots (
    origin TEXT PRIMARY KEY, body BLOB, fetched INTEGER NOT NULL
  ) STRICT;
  -- How far the files written from this crawl's pages are sure.
  CREATE TABLE IF NOT EXISTS positions (name TEXT PRIMARY KEY, bytes INTEGER NOT NULL) STRICT;
  -- What was handed on but never acknowledged is fetched again, in the same order and as if new.
  UPDATE urls SET state = 'queued', etag = NULL, modified = NULL, digest = NULL
    WHERE state = 'claimed';
`;

/**
 * Opens or creates the database at `path`.
 *
 * @throws {Error} when another version of this program made it
 */
export function openTables(path: string): DatabaseSync {
  const db = openDatabase(path);
  // WAL with NORMAL survives a killed process; after a power cut the last pages may come again.
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
  const version = Number(db.prepare("PRAGMA user_version").get()?.user_version);
  const tables = Number(db.prepare("SELECT COUNT(*) AS n FROM sqlite_schema").get()?.n);
  if (tables > 0 && version !== FORMAT) {
    db.close();
    throw new Error(
      `Cannot go on with ${path}: it has format ${version} and this program reads ${FORMAT}; ` +
        `start in another folder`,
    );
  }
  db.exec(`PRAGMA user_version = ${FORMAT};${SCHEMA}`);
  return db;
}

/** Runs `work` whole or not at all. */
export function transaction(db: DatabaseSync, work: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    work();
    db.exec("COMMIT");
  } catch (error) {
    // A full disk has ended the transaction already.
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

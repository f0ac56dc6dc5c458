/**
 * The frontier: every URL a crawl has met, in the order it met them, on disk. A row goes from
 * `queued` over `claimed` (handed downstream) to `done` (acknowledged as stored) or `dropped`.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { canonicalSeed } from "./canonical_url.ts";

/** One URL to fetch. */
export interface FrontierEntry {
  /** Position in the order of discovery, from 1. */
  readonly sequence: number;
  readonly url: string;
  /** Links away from a seed. */
  readonly depth: number;
}

/** How an entry ended, with the links its page holds, in document order. */
export interface Settlement {
  /** `page` is handed downstream and waits for its acknowledgement. */
  readonly outcome: "page" | "dropped";
  /** Where redirects led; this URL counts as met from now on. */
  readonly finalUrl?: string;
  readonly links: readonly string[];
}

/** The durable, ordered URL set of a crawl. Borrowed by `crawl`, closed by who opened it. */
export interface Frontier extends Disposable {
  /** Adds the addresses the user named. @throws {SyntaxError | TypeError} for one that is no URL */
  seed(urls: readonly string[]): void;
  /** Adds sitemap entries once per origin, as if linked from a seed. */
  addSitemap(origin: string, urls: readonly string[]): void;
  hasSitemap(origin: string): boolean;
  /** Hosts of the seeds and of what seeds redirected to. */
  seedHosts(): Set<string>;
  /** Origins of the seeds, in their order. */
  seedOrigins(): string[];
  /** Queued entries after a sequence number, in order. */
  queued(options: { after: number; limit: number }): FrontierEntry[];
  /** Whether a URL is known under another entry than `sequence`. */
  isDuplicate(url: string, sequence: number): boolean;
  /** Stores an entry's outcome and its links in one transaction. */
  settle(entry: FrontierEntry, settlement: Settlement): void;
  /** Marks the page with this URL, and all pages before it, as stored; may be called in batches. */
  acknowledge(url: string): void;
  /** Pages handed downstream and not taken back by a restart. */
  readonly pages: number;
  /** URLs known. */
  readonly size: number;
}

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  -- Survives a killed process; after a power cut the last pages may be fetched again.
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS urls (
    sequence INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    depth INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued'
  ) STRICT;
  CREATE INDEX IF NOT EXISTS claimed ON urls (sequence) WHERE state = 'claimed';
  CREATE TABLE IF NOT EXISTS aliases (url TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS sitemaps (origin TEXT PRIMARY KEY) STRICT;
  -- What was handed on but never acknowledged is fetched again, in the same order.
  UPDATE urls SET state = 'queued' WHERE state = 'claimed';
`;

/**
 * Opens the frontier in the SQLite file `path`, creating it when missing. Pages that an earlier
 * process claimed without acknowledging are queued again.
 *
 * @example
 * ```ts
 * import { openFrontier } from "./frontier.ts";
 * using frontier = openFrontier(":memory:");
 * frontier.seed(["https://example.org/#top"]);
 * console.assert(frontier.queued({ after: 0, limit: 1 })[0]?.url === "https://example.org/");
 * ```
 */
export function openFrontier(path: string): Frontier {
  const db = new DatabaseSync(path);
  db.exec(SCHEMA);
  const insert = db.prepare(
    `INSERT INTO urls (url, depth) SELECT ?1, ?2
     WHERE NOT EXISTS (SELECT 1 FROM aliases WHERE url = ?1) ON CONFLICT DO NOTHING`,
  );
  const select = db.prepare(
    `SELECT sequence, url, depth FROM urls
     WHERE sequence > ? AND state = 'queued' ORDER BY sequence LIMIT ?`,
  );
  const sequenceOf = db.prepare(
    `SELECT sequence FROM urls WHERE url = ?1 UNION ALL SELECT sequence FROM aliases WHERE url = ?1`,
  );
  const setState = db.prepare(`UPDATE urls SET state = ? WHERE sequence = ?`);
  const addAlias = db.prepare(
    `INSERT INTO aliases (url, sequence) VALUES (?, ?) ON CONFLICT DO NOTHING`,
  );
  const finish = db.prepare(
    `UPDATE urls SET state = 'done' WHERE sequence <= ? AND state = 'claimed'`,
  );
  const findSitemap = db.prepare(`SELECT 1 FROM sitemaps WHERE origin = ?`);
  const markSitemap = db.prepare(`INSERT INTO sitemaps VALUES (?) ON CONFLICT DO NOTHING`);
  const roots = db.prepare(
    `SELECT url FROM urls WHERE depth = 0
     UNION SELECT a.url FROM aliases a JOIN urls u USING (sequence) WHERE u.depth = 0`,
  );
  const seeds = db.prepare(`SELECT url FROM urls WHERE depth = 0 ORDER BY sequence`);
  const countAll = db.prepare(`SELECT COUNT(*) AS n FROM urls`);
  const count = (rows: Record<string, unknown> | undefined) => Number(rows?.n);
  let pages = count(db.prepare(`SELECT COUNT(*) AS n FROM urls WHERE state = 'done'`).get());

  const transaction = (work: () => void) => {
    db.exec("BEGIN IMMEDIATE");
    try {
      work();
      db.exec("COMMIT");
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
  };
  const find = (url: string): number | undefined => {
    const row = sequenceOf.get(url);
    return row === undefined ? undefined : Number(row.sequence);
  };

  return {
    seed(urls) {
      const checked = urls.map(canonicalSeed);
      transaction(() => checked.forEach((url) => insert.run(url, 0)));
    },
    addSitemap(origin, urls) {
      transaction(() => {
        urls.forEach((url) => insert.run(url, 1));
        markSitemap.run(origin);
      });
    },
    hasSitemap: (origin) => findSitemap.get(origin) !== undefined,
    seedHosts: () => new Set(roots.all().map((row) => new URL(String(row.url)).host)),
    seedOrigins: () => [...new Set(seeds.all().map((row) => new URL(String(row.url)).origin))],
    queued: ({ after, limit }) =>
      select.all(after, limit).map((row) => ({
        sequence: Number(row.sequence),
        url: String(row.url),
        depth: Number(row.depth),
      })),
    isDuplicate: (url, sequence) => (find(url) ?? sequence) !== sequence,
    settle({ sequence, depth, url }, { outcome, finalUrl, links }) {
      transaction(() => {
        setState.run(outcome === "page" ? "claimed" : "dropped", sequence);
        if (finalUrl !== undefined && finalUrl !== url && find(finalUrl) === undefined) {
          addAlias.run(finalUrl, sequence);
        }
        for (const link of links) insert.run(link, depth + 1);
      });
      if (outcome === "page") pages++;
    },
    acknowledge(url) {
      const sequence = find(url);
      if (sequence === undefined) {
        throw new RangeError(`Cannot acknowledge ${url}: it is not in the frontier`);
      }
      // What has been acknowledged must not come again, so this waits for the disk, with all before.
      db.exec("PRAGMA synchronous = FULL");
      finish.run(sequence);
      db.exec("PRAGMA synchronous = NORMAL");
    },
    get pages() {
      return pages;
    },
    get size() {
      return count(countAll.get());
    },
    [Symbol.dispose]() {
      db.close();
    },
  };
}

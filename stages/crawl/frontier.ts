/**
 * The frontier: every URL a crawl has met, on disk, in the order they are fetched. A row goes from
 * `queued` over `claimed` (handed downstream) to `done` (acknowledged as stored) or `dropped`.
 *
 * @module
 */
import { canonicalSeed } from "./canonical_url.ts";
import { type Added, openLinks } from "./frontier_links.ts";
import { openTables, transaction } from "./frontier_schema.ts";
import { exportUrls, importUrls, type UrlRecord } from "./url_records.ts";

/** What a server said about a page, by which it can be asked whether the page has changed. */
export interface Validators {
  readonly etag?: string;
  /** Last-Modified, as received. */
  readonly modified?: string;
  /** Of the body, so that a server without validators is understood too. */
  readonly digest?: string;
}

/** One URL to fetch. */
export interface FrontierEntry {
  /** Position in the order of discovery, from 1. */
  readonly sequence: number;
  /** Position in the order of fetching, from 1. */
  readonly turn: number;
  readonly url: string;
  /** Links away from a seed. */
  readonly depth: number;
  /** From an earlier crawl. */
  readonly validators: Validators;
}

/** How an entry ended, with the links its page holds, in document order. */
export interface Settlement {
  /** `page` is handed downstream and waits for its acknowledgement. */
  readonly outcome: "page" | "dropped" | "unchanged";
  /** Where redirects led, or the canonical address: these count as met from now on. */
  readonly aliases?: readonly string[];
  readonly links: readonly string[];
  readonly validators?: Validators;
}

/** The durable, ordered URL set of a crawl. Borrowed by `crawl`, closed by who opened it. */
export interface Frontier extends Disposable {
  /** Adds the addresses the user named. @throws {SyntaxError | TypeError} for one that is no URL */
  seed(urls: readonly string[]): void;
  /** Adds sitemap entries once per origin, as if linked from a seed. */
  addSitemap(origin: string, urls: readonly string[]): void;
  hasSitemap(origin: string): boolean;
  /** Seeds and what seeds redirected to. */
  roots(): string[];
  /** Origins of the seeds, in their order. */
  seedOrigins(): string[];
  /**
   * The next entry, whose turn is thereby settled for good; `undefined` while nothing is queued.
   * Hosts that have had `maxPerHost` turns are passed over.
   */
  pick(options?: { maxPerHost?: number }): FrontierEntry | undefined;
  /** Whether a URL is known under another entry than `sequence`, and not given up. */
  isDuplicate(url: string, sequence: number): boolean;
  /** Stores an entry's outcome and its links in one transaction; returns the links of traps. */
  settle(entry: FrontierEntry, settlement: Settlement): number;
  /**
   * Marks the page with this URL, and all pages handed on before it, as stored; may be called in
   * batches. `positions` are byte lengths of the files they are stored in.
   */
  acknowledge(url: string, positions?: Readonly<Record<string, number>>): void;
  /** Byte lengths as last acknowledged or declared, by file name. */
  positions(): Record<string, number>;
  /** Declares files of this crawl before they are made. */
  declare(positions: Readonly<Record<string, number>>): void;
  /** Queues every page again, to be fetched if it has changed. */
  recrawl(): void;
  /** Everything known, in the order of discovery. */
  export(): Iterable<UrlRecord>;
  /** Adds what another frontier exported; what is known here stays as it is. */
  import(records: Iterable<UrlRecord>): void;
  /** URLs that wait for their turn or their end. */
  readonly queued: number;
  /** Pages handed downstream and not taken back by a restart. */
  readonly pages: number;
  /** URLs known. */
  readonly size: number;
}

/**
 * Opens the frontier in the SQLite file `path`, creating it when missing. Pages that an earlier
 * process claimed without acknowledging are queued again.
 *
 * @throws {Error} when another version of this program made the file
 * @example
 * ```ts
 * import { openFrontier } from "./frontier.ts";
 * using frontier = openFrontier(":memory:");
 * frontier.seed(["https://example.org/#top"]);
 * console.assert(frontier.pick()?.url === "https://example.org/");
 * ```
 */
export function openFrontier(path: string): Frontier {
  const db = openTables(path);
  const insert = openLinks(db);
  const turned = db.prepare(
    `SELECT * FROM urls WHERE state = 'queued' AND turn > ? ORDER BY turn LIMIT 1`,
  );
  const untouched = db.prepare(
    `SELECT * FROM urls WHERE state = 'queued' AND turn IS NULL ORDER BY priority, sequence LIMIT 1`,
  );
  const giveTurn = db.prepare(`UPDATE urls SET turn = ? WHERE sequence = ?`);
  const takenOf = db.prepare(`SELECT taken FROM hosts WHERE host = ?`);
  const take = db.prepare(`UPDATE hosts SET taken = taken + 1 WHERE host = ?`);
  const find = db.prepare(
    `SELECT sequence, turn, state FROM urls WHERE url = ?1
     UNION ALL SELECT u.sequence, u.turn, u.state FROM aliases a JOIN urls u USING (sequence)
     WHERE a.url = ?1`,
  );
  const setState = db.prepare(`UPDATE urls SET state = ? WHERE sequence = ?`);
  const setValidators = db.prepare(
    `UPDATE urls SET etag = ?, modified = ?, digest = ? WHERE sequence = ?`,
  );
  const addAlias = db.prepare(
    `INSERT INTO aliases (url, sequence) VALUES (?, ?) ON CONFLICT DO NOTHING`,
  );
  const finish = db.prepare(
    `UPDATE urls SET state = 'done' WHERE turn <= ? AND state = 'claimed'`,
  );
  const setPosition = db.prepare(
    `INSERT INTO positions VALUES (?1, ?2) ON CONFLICT DO UPDATE SET bytes = ?2`,
  );
  const findSitemap = db.prepare(`SELECT 1 FROM sitemaps WHERE origin = ?`);
  const markSitemap = db.prepare(`INSERT INTO sitemaps VALUES (?) ON CONFLICT DO NOTHING`);
  const numbers = (sql: string) => Number(db.prepare(sql).get()?.n ?? 0);
  let pages = numbers(`SELECT COUNT(*) AS n FROM urls WHERE state = 'done'`);
  let queued = numbers(`SELECT COUNT(*) AS n FROM urls WHERE state = 'queued'`);
  let lastTurn = numbers(`SELECT MAX(turn) AS n FROM urls`);
  /** Sequences have no gaps, as no row is ever taken away. */
  const size = () => numbers(`SELECT MAX(sequence) AS n FROM urls`);
  /** Entries with a turn up to here are in flight or settled in this sitting. */
  let reached = 0;

  const entryOf = (row: Record<string, unknown>, turn: number): FrontierEntry => ({
    sequence: Number(row.sequence),
    turn,
    url: String(row.url),
    depth: Number(row.depth),
    validators: {
      ...(typeof row.etag === "string" ? { etag: row.etag } : {}),
      ...(typeof row.modified === "string" ? { modified: row.modified } : {}),
      ...(typeof row.digest === "string" ? { digest: row.digest } : {}),
    },
  });

  function add(url: string, depth: number): Added {
    const added = insert(url, depth);
    if (added === "added") queued++;
    return added;
  }

  function keep(positions: Readonly<Record<string, number>>): void {
    for (const [name, bytes] of Object.entries(positions)) setPosition.run(name, bytes);
  }

  function pick({ maxPerHost = Infinity } = {}): FrontierEntry | undefined {
    const again = reached < lastTurn ? turned.get(reached) : undefined;
    if (again !== undefined) {
      reached = Number(again.turn);
      return entryOf(again, reached);
    }
    for (let row = untouched.get(); row !== undefined; row = untouched.get()) {
      const { sequence, host } = row as { sequence: number; host: string };
      if (Number(takenOf.get(host)?.taken ?? 0) >= maxPerHost) {
        setState.run("dropped", sequence);
        queued--;
        continue;
      }
      reached = ++lastTurn;
      giveTurn.run(lastTurn, sequence);
      take.run(host);
      return entryOf(row, lastTurn);
    }
    return undefined;
  }

  return {
    seed(urls) {
      const checked = urls.map(canonicalSeed);
      transaction(db, () => checked.forEach((url) => add(url, 0)));
    },
    addSitemap(origin, urls) {
      transaction(db, () => {
        urls.forEach((url) => add(url, 1));
        markSitemap.run(origin);
      });
    },
    hasSitemap: (origin) => findSitemap.get(origin) !== undefined,
    roots: () =>
      db.prepare(
        `SELECT url FROM urls WHERE depth = 0
         UNION SELECT a.url FROM aliases a JOIN urls u USING (sequence) WHERE u.depth = 0`,
      ).all().map((row) => String(row.url)),
    seedOrigins: () => [
      ...new Set(
        db.prepare(`SELECT url FROM urls WHERE depth = 0 ORDER BY sequence`).all()
          .map((row) => new URL(String(row.url)).origin),
      ),
    ],
    pick(options) {
      let entry: FrontierEntry | undefined;
      transaction(db, () => entry = pick(options));
      return entry;
    },
    isDuplicate(url, sequence) {
      const other = find.get(url);
      return other !== undefined && Number(other.sequence) !== sequence &&
        other.state !== "dropped";
    },
    settle({ sequence, depth, url }, { outcome, aliases = [], links, validators }) {
      let traps = 0;
      transaction(db, () => {
        const states = { page: "claimed", dropped: "dropped", unchanged: "done" };
        setState.run(states[outcome], sequence);
        queued--;
        if (validators !== undefined) {
          const { etag = null, modified = null, digest = null } = validators;
          setValidators.run(etag, modified, digest, sequence);
        }
        for (const alias of aliases) {
          if (alias !== url && find.get(alias) === undefined) addAlias.run(alias, sequence);
        }
        for (const link of links) if (add(link, depth + 1) === "trap") traps++;
      });
      if (outcome !== "dropped") pages++;
      return traps;
    },
    acknowledge(url, positions = {}) {
      const row = find.get(url);
      if (row === undefined) {
        throw new RangeError(`Cannot acknowledge ${url}: it is not in the frontier`);
      }
      // What has been acknowledged must not come again, so this waits for the disk, with all before.
      db.exec("PRAGMA synchronous = FULL");
      transaction(db, () => {
        finish.run(Number(row.turn));
        keep(positions);
      });
      db.exec("PRAGMA synchronous = NORMAL");
    },
    positions: () =>
      Object.fromEntries(
        db.prepare(`SELECT name, bytes FROM positions`).all()
          .map(({ name, bytes }) => [String(name), Number(bytes)]),
      ),
    declare: (positions) => transaction(db, () => keep(positions)),
    recrawl() {
      transaction(db, () => {
        db.exec(`UPDATE urls SET state = 'queued', turn = NULL; UPDATE hosts SET taken = 0;`);
      });
      pages = lastTurn = reached = 0;
      queued = size();
    },
    export: () => exportUrls(db),
    import: (records) => queued += importUrls(db, records, insert),
    get queued() {
      return queued;
    },
    get pages() {
      return pages;
    },
    get size() {
      return size();
    },
    [Symbol.dispose]() {
      db.close();
    },
  };
}

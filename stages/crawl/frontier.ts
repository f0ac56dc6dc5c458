/**
 * The frontier: every URL a crawl has met, on disk, in the order they are fetched. A row goes from
 * `queued` over `claimed` (handed downstream) to `done` (acknowledged as stored) or `dropped`.
 *
 * @module
 */
import { canonicalSeed } from "./canonical_url.ts";
import type { FrontierEntry, Settlement } from "./frontier_entry.ts";
import { type Added, openLinks } from "./frontier_links.ts";
import { openQueue, type PickOptions } from "./frontier_queue.ts";
import { openRules, type Reconsidered } from "./frontier_rules.ts";
import { openTables, transaction } from "./frontier_schema.ts";
import { openRobotsStore, type RobotsStore } from "./robots_store.ts";
import { exportUrls, importUrls, type UrlRecord } from "./url_records.ts";

/** The durable, ordered URL set of a crawl. Borrowed by `crawl`, closed by who opened it. */
export interface Frontier extends Disposable {
  /**
   * Adds the addresses the user named; those that were dropped are queued again, copies of other
   * pages excepted.
   *
   * @throws {SyntaxError | TypeError} for one that is no URL
   */
  seed(urls: readonly string[]): void;
  /** Adds sitemap entries once per origin, as if linked from a seed. */
  addSitemap(origin: string, urls: readonly string[]): void;
  /** Whether `addSitemap` has been called for `origin`, in this crawl or an earlier one. */
  hasSitemap(origin: string): boolean;
  /** Whether a URL is known and was given up, for another reason than being a copy. */
  wasDropped(url: string): boolean;
  /** Seeds and what seeds redirected to. */
  roots(): string[];
  /** Origins of the seeds, in their order. */
  seedOrigins(): string[];
  /**
   * Takes notice of the settings that decide which URLs are wanted. Where `key` is not that of the
   * sitting before, URLs are queued that were refused for a setting and now are wanted, and those
   * that are not wanted any more are dropped.
   */
  reconsider(key: string, wants: (url: string, depth: number) => boolean): Reconsidered;
  /** The next entry, whose turn is thereby settled for good; `undefined` while nothing is queued. */
  pick(options?: PickOptions): FrontierEntry | undefined;
  /** Whether a URL is known under another entry than `sequence`, and not given up. */
  isDuplicate(url: string, sequence: number): boolean;
  /** Stores an entry's outcome and its links in one transaction; returns the links of traps. */
  settle(entry: FrontierEntry, settlement: Settlement): number;
  /** Whether an address has been met. */
  knows(url: string): boolean;
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
  /** Files of rules, kept for a day. */
  readonly robots: RobotsStore;
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

const STATES = { page: "claimed", dropped: "dropped", unchanged: "done" } as const;

/**
 * Opens the frontier in the SQLite file `path`, creating it when missing. Pages that an earlier
 * process claimed without acknowledging are queued again.
 *
 * @throws {Error} when another version of this program made the file
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openFrontier } from "./frontier.ts";
 * using frontier = openFrontier(":memory:");
 * frontier.seed(["https://example.org/#top"]);
 * assertEquals(frontier.pick()?.url, "https://example.org/");
 * ```
 */
export function openFrontier(path: string): Frontier {
  const db = openTables(path);
  const insert = openLinks(db);
  const find = db.prepare(
    `SELECT sequence, handed, state, reason FROM urls WHERE url = ?1
     UNION ALL SELECT u.sequence, u.handed, u.state, u.reason FROM aliases a JOIN urls u USING (sequence)
     WHERE a.url = ?1`,
  );
  const end = db.prepare(`UPDATE urls SET state = ?, reason = ?, handed = ? WHERE sequence = ?`);
  const again = db.prepare(
    `UPDATE urls SET state = 'queued', turn = NULL, reason = NULL
     WHERE url = ? AND state = 'dropped' AND reason IS NOT 'duplicate'`,
  );
  const setValidators = db.prepare(
    `UPDATE urls SET etag = ?, modified = ?, digest = ? WHERE sequence = ?`,
  );
  const addAlias = db.prepare(
    `INSERT INTO aliases (url, sequence) VALUES (?, ?) ON CONFLICT DO NOTHING`,
  );
  const finish = db.prepare(
    `UPDATE urls SET state = 'done' WHERE handed <= ? AND state = 'claimed'`,
  );
  const setPosition = db.prepare(
    `INSERT INTO positions VALUES (?1, ?2) ON CONFLICT DO UPDATE SET bytes = ?2`,
  );
  const findSitemap = db.prepare(`SELECT 1 FROM sitemaps WHERE origin = ?`);
  const markSitemap = db.prepare(`INSERT INTO sitemaps VALUES (?) ON CONFLICT DO NOTHING`);
  const numbers = (sql: string) => Number(db.prepare(sql).get()?.n ?? 0);
  const counted = (state: string) =>
    numbers(`SELECT COUNT(*) AS n FROM urls WHERE state = '${state}'`);
  let pages = counted("done");
  let queued = counted("queued");
  let handed = 0;
  /** Sequences have no gaps, as no row is ever taken away. */
  const size = () => numbers(`SELECT MAX(sequence) AS n FROM urls`);
  function add(url: string, depth: number): Added {
    const added = insert(url, depth);
    if (added === "added") queued++;
    return added;
  }

  function keep(positions: Readonly<Record<string, number>>): void {
    for (const [name, bytes] of Object.entries(positions)) setPosition.run(name, bytes);
  }

  const queue = openQueue(db, { onLimit: () => queued-- });
  const rules = openRules(db, { add: (url, depth) => add(url, depth) === "added" });

  return {
    seed(urls) {
      const checked = urls.map(canonicalSeed);
      transaction(db, () => {
        for (const url of checked) {
          if (add(url, 0) === "known") queued += Number(again.run(url).changes);
        }
      });
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
    reconsider(key, wants) {
      const changes = rules.reconsider(key, wants);
      queued = counted("queued");
      return changes;
    },
    pick(options = {}) {
      let entry: FrontierEntry | undefined;
      transaction(db, () => entry = queue.pick(options));
      return entry;
    },
    isDuplicate(url, sequence) {
      const other = find.get(url);
      return other !== undefined && Number(other.sequence) !== sequence &&
        other.state !== "dropped";
    },
    wasDropped(url) {
      const { state, reason } = find.get(url) ?? {};
      return state === "dropped" && reason !== "duplicate";
    },
    settle({ sequence, depth, url }, settlement) {
      const { outcome, reason = null, aliases = [], links, refused = [], validators } = settlement;
      let traps = 0;
      queue.leave(sequence);
      transaction(db, () => {
        end.run(STATES[outcome], reason, outcome === "page" ? ++handed : null, sequence);
        queued--;
        if (validators !== undefined) {
          const { etag = null, modified = null, digest = null } = validators;
          setValidators.run(etag, modified, digest, sequence);
        }
        for (const alias of aliases) {
          if (alias !== url && find.get(alias) === undefined) addAlias.run(alias, sequence);
        }
        for (const link of links) if (add(link, depth + 1) === "trap") traps++;
        for (const link of refused) rules.refuse(link, depth + 1);
      });
      if (outcome !== "dropped") pages++;
      return traps;
    },
    knows: (url) => find.get(url) !== undefined,
    acknowledge(url, positions = {}) {
      const row = find.get(url);
      if (row === undefined) {
        throw new RangeError(`Cannot acknowledge ${url}: it is not in the frontier`);
      }
      // What has been acknowledged must not come again, so this waits for the disk, with all before.
      db.exec("PRAGMA synchronous = FULL");
      transaction(db, () => {
        if (row.state === "claimed") finish.run(Number(row.handed));
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
        db.exec(
          `UPDATE urls SET state = 'queued', turn = NULL, reason = NULL; UPDATE hosts SET taken = 0;`,
        );
      });
      queue.reset();
      pages = 0;
      queued = size();
    },
    robots: openRobotsStore(db),
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

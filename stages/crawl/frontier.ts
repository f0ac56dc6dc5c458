/**
 * The frontier: every URL a crawl knows, on disk, in fetch order. A row goes from
 * `queued` through `claimed` (handed downstream) to `done` (acknowledged as stored) or `dropped`.
 *
 * @module
 */
import { canonicalSeed } from "./canonical_url.ts";
import type { EntryResult, FrontierEntry } from "./frontier_entry.ts";
import { type Added, openLinks } from "./frontier_links.ts";
import { openQueue, type PickOptions } from "./frontier_queue.ts";
import { openRules, type Reconsidered } from "./frontier_rules.ts";
import { openTables, transaction } from "./frontier_schema.ts";
import { openRobotsStore, type RobotsStore } from "./robots_store.ts";
import { exportUrls, importUrls, type UrlRecord } from "./url_records.ts";

/** The durable, ordered URL set of a crawl. Borrowed by `crawl`; its opener closes it. */
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
  /** Whether a URL is known and was dropped for a reason other than being a copy. */
  wasDropped(url: string): boolean;
  /** Seeds and what seeds redirected to. */
  roots(): string[];
  /** Origins of the seeds, in their order. */
  seedOrigins(): string[];
  /**
   * Applies the settings that decide which URLs are wanted. Where `key` differs from that of the
   * previous session, refused URLs that are now wanted are queued, and queued URLs that are no
   * longer wanted are dropped.
   */
  reconsider(key: string, wants: (url: string, depth: number) => boolean): Reconsidered;
  /** The next entry, whose turn is thereby fixed; `undefined` while nothing is queued. */
  pick(options?: PickOptions): FrontierEntry | undefined;
  /** Whether a URL is known under an entry other than `sequence`, and not dropped. */
  isDuplicate(url: string, sequence: number): boolean;
  /** Stores an entry's result and links in one transaction; returns how many links are traps. */
  complete(entry: FrontierEntry, result: EntryResult): number;
  /** Whether an address is known. */
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
  /** robots.txt files, kept for a day. */
  readonly robots: RobotsStore;
  /** Everything known, in the order of discovery. */
  export(): Iterable<UrlRecord>;
  /** Adds the URLs another frontier exported; known URLs stay as they are. */
  import(records: Iterable<UrlRecord>): void;
  /** URLs waiting to be fetched, or being fetched. */
  readonly queued: number;
  /** Pages handed downstream and not queued again by a restart. */
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
  /** Sequences have no gaps, because rows are never deleted. */
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
    complete({ sequence, depth, url }, result) {
      const { outcome, reason = null, aliases = [], links, refused = [], validators } = result;
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
      // An acknowledged page must never return, so this syncs it and everything before it.
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

/**
 * Documents that wait on the disk until all of their site are there, and what their sites repeat.
 *
 * @module
 */
import { posix } from "node:path";
import { z } from "zod";
import { openDatabase } from "../database.ts";
import type { Document, PageLayout } from "../types.ts";
import { leastPages, MIN_PAGES, MIN_TAKEN, MIN_TAKEN_NEAR, ownParts } from "./own_parts.ts";

/** Documents on the disk. */
export interface HeldPages extends Disposable {
  /** How many there are. */
  readonly size: number;
  /** Takes a document in, or in place of one with its id. */
  add(document: Document): void;
  /** Syncs what was taken in to the disk. */
  flush(): void;
  /** All documents in the order in which they came, their texts by what their sites show. */
  read(): Generator<Document, void>;
}

/** Documents read at a time. */
const PAGE = 64;
const CACHE_KIB = 65_536;

/** The stage's part of a barrier. */
const cursorSchema = z.object({ documents: z.int().nonnegative() });

/**
 * Opens or creates the database at `path` (`:memory:` for none).
 *
 * @param cursor what the stage said of itself at the mark that a run goes on from
 * @throws {Error} where the database has lost documents since
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openHeldPages } from "./held_pages.ts";
 * using held = openHeldPages(":memory:");
 * const page = { url: "http://a/", title: "", text: "Text.", lang: "en", fetchedAt: "" };
 * held.add({ ...page, id: "1" });
 * held.add({ ...page, id: "1" });
 * assertEquals(Array.from(held.read(), ({ text }) => text), ["Text."]);
 * ```
 */
export function openHeldPages(path: string, cursor?: unknown): HeldPages {
  const database = openDatabase(path);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA cache_size = -${CACHE_KIB};
    CREATE TABLE IF NOT EXISTS pages (
      place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS sites (name TEXT PRIMARY KEY, number INTEGER, pages INTEGER);
    CREATE TABLE IF NOT EXISTS blocks (
      site INTEGER, key INTEGER, pages INTEGER NOT NULL, PRIMARY KEY (site, key)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS places (
      site INTEGER, place INTEGER, pages INTEGER NOT NULL, taken INTEGER NOT NULL,
      chars INTEGER NOT NULL, PRIMARY KEY (site, place)
    ) WITHOUT ROWID;
  `);
  const find = database.prepare("SELECT place, document FROM pages WHERE id = ?");
  const insert = database.prepare("INSERT INTO pages (id, document) VALUES (?, ?)");
  const replace = database.prepare("UPDATE pages SET document = ? WHERE place = ?");
  const from = database.prepare(
    `SELECT place, document FROM pages WHERE place > ? ORDER BY place LIMIT ${PAGE}`,
  );
  const countSite = database.prepare(
    `INSERT INTO sites VALUES (?, (SELECT count(*) FROM sites), ?)
     ON CONFLICT DO UPDATE SET pages = pages + excluded.pages RETURNING number`,
  );
  const site = database.prepare("SELECT number, pages FROM sites WHERE name = ?");
  const countBlock = database.prepare(
    `INSERT INTO blocks VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET pages = pages + excluded.pages`,
  );
  const countPlace = database.prepare(
    `INSERT INTO places VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
     pages = pages + excluded.pages, taken = taken + excluded.taken, chars = chars + excluded.chars`,
  );
  const place = database.prepare(
    "SELECT pages, taken, chars FROM places WHERE site = ? AND place = ?",
  );
  const block = database.prepare("SELECT pages FROM blocks WHERE site = ? AND key = ?");
  const size = () => Number(database.prepare("SELECT count(*) AS size FROM pages").get()?.size);
  const expected = cursorSchema.safeParse(cursor).data?.documents ?? 0;
  if (size() < expected) {
    const found = size();
    database.close();
    throw new Error(
      `Cannot use ${path}: it has ${found} of the ${expected} documents that were held, it is ` +
        "damaged; start another run",
    );
  }
  let isWriting = false;

  function count({ url, layout }: Document, pages: 1 | -1): void {
    if (layout === undefined) return;
    const number = Number(countSite.get(siteOf(url), pages)?.number);
    for (const key of layout.few) countBlock.run(number, key, pages);
    for (const [at, { taken, chars }] of placesIn(layout)) {
      countPlace.run(number, at, pages, pages * taken, pages * chars);
    }
  }

  /** Whether a place has this share of its characters in texts; nothing where few pages have it. */
  function takenAt(site: number, at: number, least: number): boolean | undefined {
    const { pages, taken, chars } = place.get(site, at) ?? {};
    if (!(Number(pages) >= MIN_PAGES)) return undefined;
    return Number(taken) >= least * Number(chars);
  }

  function commit(): void {
    if (isWriting) database.exec("COMMIT");
    isWriting = false;
  }

  function strip(document: Document): Document {
    const { layout, ...rest } = document;
    if (layout === undefined) return rest;
    const known = site.get(siteOf(document.url));
    const pages = Number(known?.pages ?? 0);
    if (pages < MIN_PAGES) return rest;
    const least = leastPages(pages);
    const number = Number(known?.number);
    const own = ownParts(layout.parts, {
      isCommon: ({ key }) => Number(block.get(number, key)?.pages ?? 0) >= least,
      isTextPlace: (part) =>
        takenAt(number, part.place, MIN_TAKEN) ?? takenAt(number, part.near, MIN_TAKEN_NEAR) ??
          false,
    });
    return { ...rest, text: own.map(({ text }) => text).join("\n\n") };
  }

  return {
    get size() {
      return size();
    },
    add(document) {
      if (!isWriting) database.exec("BEGIN");
      isWriting = true;
      const written = JSON.stringify(document);
      const held = find.get(document.id);
      if (held === undefined) insert.run(document.id, written);
      else if (held.document === written) return;
      else {
        count(JSON.parse(String(held.document)), -1);
        replace.run(written, Number(held.place));
      }
      count(document, 1);
    },
    flush() {
      commit();
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    },
    *read() {
      commit();
      for (let last = 0;;) {
        const rows = from.all(last);
        for (const row of rows) yield strip(JSON.parse(String(row.document)));
        if (rows.length < PAGE) return;
        last = Number(rows.at(-1)?.place);
      }
    },
    [Symbol.dispose]() {
      commit();
      database.close();
    },
  };
}

/** The host of a page, or the folder of a file. */
function siteOf(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return host === "" ? `${protocol}${posix.dirname(pathname)}` : host;
}

/** Characters at each place of a page, and near, and how many of them its text has. */
function placesIn({ parts }: PageLayout): Map<number, { taken: number; chars: number }> {
  const places = new Map<number, { taken: number; chars: number }>();
  for (const { place, near, text: { length }, isTaken } of parts) {
    for (const at of [place, near]) {
      const { taken, chars } = places.get(at) ?? { taken: 0, chars: 0 };
      places.set(at, { taken: taken + (isTaken ? length : 0), chars: chars + length });
    }
  }
  return places;
}

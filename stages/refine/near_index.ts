/**
 * The bands of every document of a corpus, on disk, to find documents nearly alike.
 *
 * @module
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { openDatabase } from "../database.ts";
import type { Document } from "../types.ts";
import { BANDS, bandsOf } from "./min_hash.ts";

/** What a text is nearly the same as. */
export interface NearMatch {
  /** Id of the earlier document. */
  readonly id: string;
  /** Other index that holds it; absent for this one. */
  readonly index?: string;
  /** Of the 14 bands, how many both share. */
  readonly bands: number;
}

/** An open index. */
export interface NearIndex extends Disposable {
  /**
   * The earliest document that shares a band with `text`. Without one `text` is entered under `id`,
   * and later texts are compared with it. A document that is entered already is compared with
   * nothing, so that it may come again after a restart.
   */
  matchOrAdd(text: string, id: string): NearMatch | undefined;
  /**
   * Brings the index in line with a journal: takes out what was entered and did not get to the
   * disk there, enters what is there and was lost here. Afterwards it is what it would be had the
   * process not been killed.
   */
  agreeWith(journal: JournalView): Promise<void>;
  /** Documents entered. */
  readonly size: number;
}

/** What an index needs to know of a journal that holds its documents in the same order. */
export interface JournalView {
  /** Documents in the journal. */
  readonly count: number;
  /** The documents from index `from` on, in order. */
  documents(options: { from: number }): AsyncIterable<Pick<Document, "id" | "text">>;
}

/** Pages of the database held in memory, in KiB. */
const CACHE_KIB = 64 * 1024;

/**
 * Opens or creates the index at `path` (`:memory:` for none) and, to look into only, those at
 * `others`: a text that matches one of their documents counts as a near duplicate too.
 *
 * @throws {Error} when one of `others` is no such index
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openNearIndex } from "./near_index.ts";
 * using index = openNearIndex(":memory:");
 * const text = "The quick brown fox jumps over the lazy dog";
 * assertEquals(index.matchOrAdd(text, "1"), undefined);
 * assertEquals(index.matchOrAdd(`${text}!`, "2")?.id, "1");
 * ```
 */
export function openNearIndex(
  path: string,
  { others = [] }: { others?: readonly string[] } = {},
): NearIndex {
  using resources = new DisposableStack();
  const database = openDatabase(path);
  resources.defer(() => database.close());
  // NORMAL may forget the last entries at power loss; agreeWith puts them back.
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA cache_size = -${CACHE_KIB};
    CREATE TABLE IF NOT EXISTS documents (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
    CREATE TABLE IF NOT EXISTS bands (band INTEGER PRIMARY KEY, place INTEGER NOT NULL) WITHOUT ROWID;
  `);
  const elsewhere = others.map((other) => {
    const opened = openOther(other);
    resources.defer(() => opened.database.close());
    return { path: other, find: opened.find };
  });
  const find = prepareFind(database);
  const known = database.prepare("SELECT 1 FROM documents WHERE id = ?");
  const addDocument = database.prepare("INSERT INTO documents (place, id) VALUES (?, ?)");
  const addBand = database.prepare("INSERT OR IGNORE INTO bands (band, place) VALUES (?, ?)");
  let size = Number(database.prepare("SELECT count(*) AS n FROM documents").get()?.n);

  const add = (bands: BigInt64Array | undefined, id: string) => {
    addDocument.run(size, id);
    for (const band of bands ?? []) addBand.run(band, size);
    size++;
  };
  const atOnce = (change: () => void) => {
    database.exec("BEGIN");
    change();
    database.exec("COMMIT");
  };
  const cutTo = (place: number) =>
    atOnce(() => {
      database.prepare("DELETE FROM bands WHERE place >= ?").run(place);
      database.prepare("DELETE FROM documents WHERE place >= ?").run(place);
      size = Math.min(size, place);
    });
  const idAt = (place: number) =>
    database.prepare("SELECT id FROM documents WHERE place = ?").get(place)?.id;

  const held = resources.move();
  return {
    get size() {
      return size;
    },
    matchOrAdd(text, id) {
      if (known.get(id)) return undefined;
      const bands = bandsOf(text);
      const own = bands && find(bands);
      if (own) return own;
      for (const { path, find } of elsewhere) {
        const match = bands && find(bands);
        if (match) return { ...match, index: path };
      }
      atOnce(() => add(bands, id));
      return undefined;
    },
    async agreeWith(journal) {
      cutTo(journal.count);
      const last = size - 1;
      for await (const { id } of journal.documents({ from: Math.max(0, last) })) {
        // Made of another journal: all of it is made anew.
        if (last >= 0 && idAt(last) !== id) cutTo(0);
        break;
      }
      for await (const { id, text } of journal.documents({ from: size })) {
        const bands = bandsOf(text);
        atOnce(() => add(bands, id));
      }
    },
    [Symbol.dispose]: () => held.dispose(),
  };
}

type Find = (bands: BigInt64Array) => Omit<NearMatch, "index"> | undefined;

/** A search for the earliest document that has one of 14 bands. */
function prepareFind(database: DatabaseSync): Find {
  const marks = Array.from({ length: BANDS }, () => "?").join();
  const select: StatementSync = database.prepare(
    `SELECT place, count(*) AS bands, (SELECT id FROM documents WHERE place = bands.place) AS id
     FROM bands WHERE band IN (${marks}) GROUP BY place ORDER BY place LIMIT 1`,
  );
  return (bands) => {
    const row = select.get(...bands);
    return row && { id: String(row.id), bands: Number(row.bands) };
  };
}

function openOther(path: string): { database: DatabaseSync; find: Find } {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return { database, find: prepareFind(database) };
  } catch (cause) {
    database.close();
    throw new Error(`Cannot compare with ${path}: it is no index of near duplicates`, { cause });
  }
}

/**
 * Index of the document ids in a journal, so that documents that an interrupted run had stored are not
 * stored again when their source is read from the start.
 *
 * @module
 */
import { exists } from "../model/durable.ts";
import { openDatabase } from "../stages/database.ts";
import type { Journal } from "../stages/journal/mod.ts";

/** An index built from the journal, which may lag behind it. */
export interface StoredIds extends Disposable {
  /** Whether document `id` is new: absent from the journal and not seen by an earlier call. */
  readonly isNew: (id: string) => boolean;
}

/** Documents of the journal covered by the index at `path`; 0 without an index. */
export async function countStoredIds(path: string): Promise<number> {
  if (!await exists(path)) return 0;
  const database = openDatabase(path);
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE name = 'stored'").all();
    if (tables.length === 0) return 0;
    return Number(database.prepare("SELECT max(place) + 1 AS n FROM stored").get()?.n ?? 0);
  } finally {
    database.close();
  }
}

/** Rows in one transaction. */
const ROWS = 1000;

/** Opens the index at `path` and adds what the journal has gained since. */
export async function openStoredIds(
  path: string,
  { journal }: { journal: Journal },
): Promise<StoredIds> {
  const database = openDatabase(path);
  // Losing rows to a power cut is harmless: they are read from the journal again.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  database.exec(
    "CREATE TABLE IF NOT EXISTS stored (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT",
  );
  const add = database.prepare("INSERT OR IGNORE INTO stored (place, id) VALUES (?, ?)");
  const find = database.prepare("SELECT 1 FROM stored WHERE id = ?");
  // Two operands may lead to one file; a resumed run must drop the same duplicates as a single session.
  database.exec("CREATE TEMP TABLE passed (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID");
  const pass = database.prepare("INSERT OR IGNORE INTO passed (id) VALUES (?)");
  const last = database.prepare("SELECT max(place) AS place FROM stored").get()?.place;
  let place = typeof last === "number" ? last + 1 : 0;
  let rows = 0;
  database.exec("BEGIN");
  for await (const { id } of journal.documents({ from: place })) {
    add.run(place++, id);
    if (++rows % ROWS === 0) database.exec("COMMIT; BEGIN");
  }
  database.exec("COMMIT");
  return {
    isNew: (id) => !find.get(id) && pass.run(id).changes > 0,
    [Symbol.dispose]: () => database.close(),
  };
}

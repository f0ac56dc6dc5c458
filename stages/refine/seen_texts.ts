/**
 * Remembers which document first brought each text, on disk.
 *
 * @module
 */

import { hash } from "node:crypto";
import { openDatabase } from "../database.ts";

/** The texts seen so far in a run. */
export interface SeenTexts extends Disposable {
  /**
   * Id of the document that first brought `text`: `id` itself when the text is new, and also when
   * the same document comes a second time, as after a restart.
   */
  firstId(text: string, id: string): string;
  /** How many there are. */
  readonly size: number;
  /** Brings the texts seen so far to the disk; returns their number. */
  flush(): number;
  /** Closes the database; disposing does the same. */
  close(): void;
}

/**
 * Opens or creates the database at `path` (`:memory:` for none). Texts are kept as 128 bits of
 * SHA-256.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openSeenTexts } from "./seen_texts.ts";
 * using seen = openSeenTexts(":memory:");
 * assertEquals(seen.firstId("a text", "1"), "1");
 * assertEquals(seen.firstId("a text", "2"), "1");
 * ```
 */
export function openSeenTexts(path: string): SeenTexts {
  const database = openDatabase(path);
  // NORMAL may forget the last texts at power loss: then a duplicate gets through, nothing is lost.
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS texts (hash BLOB PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID;
  `);
  const insert = database.prepare("INSERT OR IGNORE INTO texts (hash, id) VALUES (?, ?)");
  const select = database.prepare("SELECT id FROM texts WHERE hash = ?");
  let texts = Number(database.prepare("SELECT count(*) AS n FROM texts").get()?.n);
  const close = (): void => database.close();
  return {
    get size() {
      return texts;
    },
    firstId(text, id) {
      const key = hash("sha256", text, "buffer").subarray(0, 16);
      if (insert.run(key, id).changes > 0) {
        texts++;
        return id;
      }
      return String(select.get(key)?.id);
    },
    flush() {
      // Syncs the log even where commits do not.
      database.exec("PRAGMA wal_checkpoint");
      return texts;
    },
    close,
    [Symbol.dispose]: close,
  };
}

/**
 * Takes out lines that a site repeats on page after page: menus, footers, notices.
 *
 * @module
 */
import { hash } from "node:crypto";
import { openDatabase } from "../database.ts";
import { collapseBlankLines } from "./clean_text.ts";

/** A page's lines, and those of its site before it. */
export interface SiteLines extends Disposable {
  /**
   * The text without those of its lines that `pages` earlier pages of the same host had. The first
   * pages keep theirs: whether a line comes back is not known before it does.
   */
  strip(text: string, page: { url: string; id: string }): { text: string; removed: number };
  /** Brings what was noted so far to the disk. */
  flush(): void;
}

/** Choices for {@linkcode openSiteLines}. */
export interface SiteLinesOptions {
  /** Earlier pages that had a line before it is taken out, at least 1. */
  readonly pages: number;
}

/**
 * Opens or creates the database at `path` (`:memory:` for none). For each line of each host it
 * keeps the ids of the first `pages` pages that had it, so that a page which comes again after a
 * restart finds itself among them and is treated as the first time.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openSiteLines } from "./site_lines.ts";
 * using lines = openSiteLines(":memory:", { pages: 1 });
 * lines.strip("Home | About\nOne.", { url: "http://a/1", id: "1" });
 * const second = lines.strip("Home | About\nTwo.", { url: "http://a/2", id: "2" });
 * assertEquals(second.text, "Two.");
 * ```
 */
export function openSiteLines(path: string, { pages }: SiteLinesOptions): SiteLines {
  if (!Number.isSafeInteger(pages) || pages < 1) {
    throw new RangeError(
      `Cannot count lines: pages must be an integer of at least 1, got ${pages}`,
    );
  }
  const database = openDatabase(path);
  // NORMAL may forget the last pages at power loss: then a line stays once more.
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA cache_size = -65536;
    CREATE TABLE IF NOT EXISTS lines (
      hash BLOB NOT NULL, nth INTEGER NOT NULL, page TEXT NOT NULL, PRIMARY KEY (hash, nth)
    ) WITHOUT ROWID;
  `);
  const select = database.prepare("SELECT page FROM lines WHERE hash = ?");
  const insert = database.prepare("INSERT INTO lines (hash, nth, page) VALUES (?, ?, ?)");

  /** Whether the line stays; notes that this page has it. */
  function keeps(line: string, { host, id }: { host: string; id: string }): boolean {
    const key = hash("sha256", `${host}\n${line}`, "buffer").subarray(0, 16);
    const had = select.all(key);
    if (had.some(({ page }) => page === id)) return true;
    if (had.length >= pages) return false;
    insert.run(key, had.length, id);
    return true;
  }

  return {
    strip(text, { url, id }) {
      const { host } = new URL(url);
      // Files have no site in common.
      if (host === "") return { text, removed: 0 };
      let removed = 0;
      database.exec("BEGIN");
      const kept = text.split("\n").filter((line) => {
        const stays = line.trim() === "" || keeps(line.trim(), { host, id });
        if (!stays) removed++;
        return stays;
      });
      database.exec("COMMIT");
      if (removed === 0) return { text, removed };
      return { text: collapseBlankLines(kept), removed };
    },
    flush() {
      // Syncs the log even where commits do not.
      database.exec("PRAGMA wal_checkpoint");
    },
    [Symbol.dispose]: () => database.close(),
  };
}

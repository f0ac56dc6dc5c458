/**
 * The frontier's URLs as plain records, for export to another crawl.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { canonicalSeed } from "./canonical_url.ts";
import type { Added } from "./frontier_links.ts";
import { transaction } from "./frontier_schema.ts";

/** One URL and what is known about it. */
export interface UrlRecord {
  /** Canonical form. */
  readonly url: string;
  /** Links away from a seed. */
  readonly depth: number;
  /** A page fetched but not acknowledged counts as `queued`. */
  readonly state: "queued" | "done" | "dropped";
  /** ETag, as received. */
  readonly etag?: string;
  /** Last-Modified, as received. */
  readonly modified?: string;
  /** The first 128 bits of the body's SHA-256, in hex. */
  readonly digest?: string;
}

/** Records of one transaction. */
const BATCH = 10_000;
const TEXTS = ["etag", "modified", "digest"] as const;

/** Every URL, in the order of discovery, one at a time. */
export function* exportUrls(db: DatabaseSync): Generator<UrlRecord> {
  const rows = db.prepare(`SELECT * FROM urls ORDER BY sequence`).iterate();
  for (const row of rows) {
    const { url, depth, state } = row;
    const texts = TEXTS.flatMap((name) => typeof row[name] === "string" ? [[name, row[name]]] : []);
    yield {
      url: String(url),
      depth: Number(depth),
      state: state === "done" || state === "dropped" ? state : "queued",
      ...Object.fromEntries(texts),
    };
  }
}

/**
 * Adds records, in batches; `add` applies order and trap limits as for any link. Returns how many of
 * them are queued.
 */
export function importUrls(
  db: DatabaseSync,
  records: Iterable<UrlRecord>,
  add: (url: string, depth: number) => Added,
): number {
  const update = db.prepare(
    `UPDATE urls SET state = ?, etag = ?, modified = ?, digest = ? WHERE url = ?`,
  );
  let batch: UrlRecord[] = [];
  let queued = 0;
  const store = () => {
    transaction(db, () => {
      for (const { url, depth, state, etag = null, modified = null, digest = null } of batch) {
        const canonical = canonicalSeed(url);
        if (add(canonical, depth) !== "added") continue;
        update.run(state, etag, modified, digest, canonical);
        if (state === "queued") queued++;
      }
    });
    batch = [];
  };
  for (const record of records) {
    batch.push(record);
    if (batch.length === BATCH) store();
  }
  store();
  return queued;
}

/**
 * Reads one line of an exported file.
 *
 * @throws {SyntaxError} when it holds no record
 */
export function parseUrlRecord(line: string): UrlRecord {
  const record: unknown = JSON.parse(line);
  if (typeof record !== "object" || record === null) throw new SyntaxError("not an object");
  const { url, depth, state } = record as Record<string, unknown>;
  if (typeof url !== "string") throw new SyntaxError("it has no url");
  if (!Number.isSafeInteger(depth) || Number(depth) < 0) throw new SyntaxError("it has no depth");
  if (state !== "queued" && state !== "done" && state !== "dropped") {
    throw new SyntaxError("its state is not queued, done or dropped");
  }
  const texts = TEXTS.flatMap((name) => {
    const text = (record as Record<string, unknown>)[name];
    return typeof text === "string" ? [[name, text]] : [];
  });
  return { url, depth: Number(depth), state, ...Object.fromEntries(texts) };
}

/**
 * Adds URLs to the frontier's tables: each once, in order, with families of traps bounded.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { familyOf } from "./trap.ts";

/** Known hosts kept in memory, which saves queries. */
const MAX_HOSTS = 10_000;

/** Result of adding a URL: already `known`, `added`, or refused as part of a `trap`. */
export type Added = "known" | "added" | "trap";

/**
 * Prepares the insertion. A host met for the first time comes before all others, seeds likewise;
 * after that, the nearer to a seed the sooner.
 */
export function openLinks(db: DatabaseSync): (url: string, depth: number) => Added {
  const insert = db.prepare(
    `INSERT INTO urls (url, host, depth, priority) SELECT ?1, ?2, ?3, ?4
     WHERE NOT EXISTS (SELECT 1 FROM aliases WHERE url = ?1) ON CONFLICT DO NOTHING`,
  );
  const addHost = db.prepare(`INSERT INTO hosts (host) VALUES (?) ON CONFLICT DO NOTHING`);
  const first = db.prepare(`UPDATE urls SET priority = 0 WHERE url = ?`);
  const familySize = db.prepare(`SELECT urls FROM families WHERE key = ?`);
  const grow = db.prepare(
    `INSERT INTO families VALUES (?, 1) ON CONFLICT DO UPDATE SET urls = urls + 1`,
  );
  const hosts = new Set<string>();

  /** Whether this is the first URL of its host. */
  function isNew(host: string): boolean {
    if (hosts.has(host)) return false;
    if (hosts.size >= MAX_HOSTS) hosts.clear();
    hosts.add(host);
    return Number(addHost.run(host).changes) > 0;
  }

  return (url, depth) => {
    const parsed = new URL(url);
    const family = depth === 0 ? undefined : familyOf(parsed);
    if (family !== undefined && Number(familySize.get(family.key)?.urls ?? 0) >= family.most) {
      return "trap";
    }
    const priority = depth === 0 ? 0 : 1 + depth;
    if (Number(insert.run(url, parsed.host, depth, priority).changes) === 0) return "known";
    if (family !== undefined) grow.run(family.key);
    if (isNew(parsed.host)) first.run(url);
    return "added";
  };
}

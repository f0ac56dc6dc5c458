/**
 * The frontier of one shard: what it finds for others goes out, what it knows is told to the next
 * owner by the same way.
 *
 * @module
 */
import type { Frontier, Scope } from "../../stages/crawl/mod.ts";
import { shardOf } from "./shard.ts";

/** A frontier, and the addresses found since the last look. */
export interface ShardFrontier {
  readonly frontier: Frontier;
  /** Addresses to publish, each once; empties the list. */
  found(): (readonly [url: string, depth: number])[];
  /** For the crawl's `mayFollow`: notes a redirect that another owner follows. */
  mayFollow(from: string, to: URL): boolean;
}

/** Options of {@linkcode shardFrontier}. */
export interface ShardFrontierOptions {
  readonly shard: number;
  readonly scope: Scope;
  /** Called when an address is done with, before its page is handed on if it has one. */
  readonly onEnd: (url: string, outcome: "page" | "dropped") => void;
}

/** Wraps `inner`, whose addresses are all of one shard. */
export function shardFrontier(
  inner: Frontier,
  { shard, scope, onEnd }: ShardFrontierOptions,
): ShardFrontier {
  const out: (readonly [url: string, depth: number])[] = [];
  /** Links of other shards that have been told. */
  const told = new Set<string>();
  const moved = new Map<string, string>();
  const tell = (url: string, depth: number) => {
    if (told.has(url)) return;
    told.add(url);
    out.push([url, depth]);
  };
  const isOwn = (url: string) => shardOf(url) === shard;
  const frontier: Frontier = {
    ...inner,
    complete(entry, result) {
      const depth = entry.depth + 1;
      for (const link of result.links) if (!isOwn(link) || !inner.knows(link)) tell(link, depth);
      const target = moved.get(entry.url);
      moved.delete(entry.url);
      if (target !== undefined) {
        if (entry.depth === 0) scope.addRoot(target);
        if (scope.refuses(target) === undefined) tell(target, entry.depth);
      }
      onEnd(entry.url, result.outcome === "page" ? "page" : "dropped");
      return inner.complete(entry, { ...result, links: result.links.filter(isOwn) });
    },
    addSitemap(origin, urls) {
      // The next owner reads the sitemap itself.
      for (const url of urls) if (!isOwn(url)) tell(url, 1);
      inner.addSitemap(origin, urls.filter(isOwn));
    },
    get queued() {
      return inner.queued;
    },
    get pages() {
      return inner.pages;
    },
    get size() {
      return inner.size;
    },
  };
  return {
    frontier,
    found: () => out.splice(0),
    mayFollow(from, to) {
      if (isOwn(to.href)) return true;
      moved.set(from, to.href);
      return false;
    },
  };
}

/**
 * What goes into the frontier and comes out of it.
 *
 * @module
 */
import type { DropReason } from "../meter.ts";

/** What a server said about a page, by which it can be asked whether the page has changed. */
export interface Validators {
  /** ETag, as received. */
  readonly etag?: string;
  /** Last-Modified, as received. */
  readonly modified?: string;
  /** Of the body, so that a server without validators is understood too. */
  readonly digest?: string;
}

/** One URL to fetch. */
export interface FrontierEntry {
  /** Position in the order of discovery, from 1. */
  readonly sequence: number;
  /** Position in the order of fetching, from 1. */
  readonly turn: number;
  /** Canonical form. */
  readonly url: string;
  /** Links away from a seed. */
  readonly depth: number;
  /** From an earlier crawl. */
  readonly validators: Validators;
}

/** How an entry ended, with the links its page holds, in document order. */
export interface Settlement {
  /** `page` is handed downstream and waits for its acknowledgement. */
  readonly outcome: "page" | "dropped" | "unchanged";
  /** Why it was dropped. */
  readonly reason?: DropReason;
  /** Where redirects led, or the canonical address: these count as met from now on. */
  readonly aliases?: readonly string[];
  /** Absolute URLs; empty where nothing was read. */
  readonly links: readonly string[];
  /** Links that the crawl's settings refuse, kept for the day they do not. */
  readonly refused?: readonly string[];
  /** What the server said this time; what was known before stays unless given. */
  readonly validators?: Validators;
}

/** The entry that a row of the table `urls` stands for. */
export function entryOf(row: Record<string, unknown>, turn: number): FrontierEntry {
  return {
    sequence: Number(row.sequence),
    turn,
    url: String(row.url),
    depth: Number(row.depth),
    validators: {
      ...(typeof row.etag === "string" ? { etag: row.etag } : {}),
      ...(typeof row.modified === "string" ? { modified: row.modified } : {}),
      ...(typeof row.digest === "string" ? { digest: row.digest } : {}),
    },
  };
}

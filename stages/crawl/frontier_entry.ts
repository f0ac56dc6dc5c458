/**
 * The entries and results that cross the frontier's boundary.
 *
 * @module
 */
import type { DropReason } from "../meter.ts";

/** Validators of a fetched page, for a conditional request (RFC 9110, section 13). */
export interface Validators {
  /** ETag, as received. */
  readonly etag?: string;
  /** Last-Modified, as received. */
  readonly modified?: string;
  /** Of the body, which detects a change where the server sends no validators. */
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
export interface EntryResult {
  /** `page` is handed downstream and waits for its acknowledgement. */
  readonly outcome: "page" | "dropped" | "unchanged";
  /** Why it was dropped. */
  readonly reason?: DropReason;
  /** Redirect targets and the canonical address; these count as known from now on. */
  readonly aliases?: readonly string[];
  /** Absolute URLs; empty where nothing was read. */
  readonly links: readonly string[];
  /** Links that the crawl's settings refuse, kept in case later settings allow them. */
  readonly refused?: readonly string[];
  /** The server's validators this time; the earlier ones stay where absent. */
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

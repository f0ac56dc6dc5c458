/**
 * Lists of hosts that are not to be crawled, as they are published: hosts files, and plain lists of
 * domains.
 *
 *     # comment
 *     0.0.0.0 ads.example.org tracker.example.org   # hosts(5): an address that leads nowhere
 *     example.com
 *     *.example.net
 *
 * Each name stands for itself and for all below it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { domainsOf } from "./domains.ts";

/** Whether a host is blocked. */
export interface BlockList {
  (hostname: string): boolean;
  /** Names. */
  readonly size: number;
  /** Tells what is in this list from what is in others. */
  readonly key: string;
}

/** A file of names. */
export interface BlockListFile {
  /** All of it. */
  readonly text: string;
  /** Its name, for errors. */
  readonly source: string;
}

/** Addresses that hosts files give to names which shall lead nowhere. */
const NOWHERE = /^(?:0\.0\.0\.0|127\.\d+\.\d+\.\d+|::1?)$/;
/** What hosts files say of the machine itself. */
const OWN_NAME = /^(?:[^.]+|localhost\.localdomain|0\.0\.0\.0)$/;

/**
 * Reads files of names. A line costs one look, a host one for each of its labels, however long the
 * lists are.
 *
 * @throws {SyntaxError} naming the line that blocks nothing
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { parseBlockList } from "./block_list.ts";
 * const text = "0.0.0.0 ads.example.org # trackers\n*.example.net";
 * const blocks = parseBlockList([{ text, source: "hosts" }]);
 * assert(blocks("ads.example.org") && blocks("eu.ads.example.org") && blocks("a.example.net"));
 * assert(!blocks("example.org") && !blocks("bads.example.org"));
 * ```
 */
export function parseBlockList(files: readonly BlockListFile[]): BlockList {
  const names = new Set<string>();
  const digest = createHash("sha256");
  for (const { text, source } of files) {
    digest.update(text);
    let number = 0;
    for (const line of linesOf(text)) {
      number++;
      for (const name of namesIn(line, `${source}, line ${number}`)) names.add(name);
    }
  }
  const blocks = (hostname: string) => {
    for (const domain of domainsOf(hostname.replace(/\.$/, ""))) {
      if (names.has(domain)) return true;
    }
    return false;
  };
  return Object.assign(blocks, { size: names.size, key: digest.digest("hex") });
}

/** Line by line, so that not all of them exist at once. */
function* linesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const end = text.indexOf("\n", from);
    yield text.slice(from, end < 0 ? text.length : end);
    from = end < 0 ? text.length : end + 1;
  }
}

/** The names that a line blocks. */
function namesIn(line: string, place: string): string[] {
  const [first = "", ...others] = line.replace(/(?:^|\s)[#!].*/, "").trim().split(/\s+/);
  const address = first.replace(/%.*/, "");
  if (first === "") return [];
  if (others.length === 0) return [nameOf(first, place)];
  if (isIP(address) === 0) {
    throw new SyntaxError(`Cannot use ${place}: "${first}" is no address, and a name stands alone`);
  }
  const foreign = others.filter((name) => !OWN_NAME.test(name));
  if (foreign.length > 0 && !NOWHERE.test(address)) {
    throw new SyntaxError(
      `Cannot use ${place}: it gives ${first} to ${foreign[0]}, and blocks nothing`,
    );
  }
  return foreign.map((name) => nameOf(name, place));
}

/** A name as it stands in a URL: in lower case, in ASCII. */
function nameOf(written: string, place: string): string {
  const bare = written.replace(/^\*?\./, "").replace(/\.$/, "");
  const host = isIP(bare) === 6 ? `[${bare}]` : bare;
  const url = /[/?@*|^:]/.test(bare) && isIP(bare) !== 6 ? null : URL.parse(`http://${host}/`);
  if (url) return url.hostname;
  throw new SyntaxError(`Cannot use ${place}: "${written}" is no name of a host`);
}

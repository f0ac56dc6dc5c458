/**
 * The rules of one robots.txt for one crawler: RFC 9309 section 2.2, with the leniencies of
 * google/robotstxt where the RFC leaves room (misspelt names, a missing colon, long lines).
 *
 * @module
 */
import { type Matcher, wildcard } from "./wildcard.ts";

/** RFC 9309 section 2.5: parse at least 500 KiB; the rest is ignored. */
export const MAX_ROBOTS_BYTES = 500 * 1024;
/** Characters of one line that count, as in google/robotstxt. */
const MAX_LINE = 8 * 2083 - 1;

/** The rules of the group that applies. */
export interface RobotsText {
  /** Whether the path and query of `url` may be asked for. */
  allows(url: URL): boolean;
  /** The largest Crawl-delay of the group, in seconds; 0 without one. */
  readonly crawlDelaySeconds: number;
  /** Addresses of sitemaps as written, in file order; they belong to no group. */
  readonly sitemaps: readonly string[];
}

interface Rule {
  readonly allow: boolean;
  readonly matches: Matcher;
  /** Octets of the pattern: the longest match decides. */
  readonly length: number;
}

/** The group of the crawler's token, or the `*` group. */
interface Group {
  named: boolean;
  readonly rules: Rule[];
  crawlDelaySeconds: number;
}

const NAMES: Readonly<Record<string, string>> = {
  "user-agent": "user-agent",
  "useragent": "user-agent",
  "user agent": "user-agent",
  "allow": "allow",
  "disallow": "disallow",
  "dissallow": "disallow",
  "dissalow": "disallow",
  "disalow": "disallow",
  "diasllow": "disallow",
  "disallaw": "disallow",
  "crawl-delay": "crawl-delay",
  "sitemap": "sitemap",
  "site-map": "sitemap",
};

/** The product token at the start of a User-Agent string; RFC 9309 section 2.2.1. */
export function productToken(userAgent: string): string {
  return /^[a-z_-]+/i.exec(userAgent)?.[0].toLowerCase() ?? "";
}

const encoder = new TextEncoder();
const percent = (byte: number) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
const UNRESERVED = /[A-Za-z0-9\-._~]/;
/** A query may hold these as they are (RFC 3986 section 3.4), so their escapes mean the same. */
const PLAIN_IN_QUERY = /[:/?@]/;

/**
 * One spelling for all that mean the same octets: RFC 9309 section 2.2.2. `*` and `$` become escapes
 * too, because that is how a pattern asks for them literally (section 2.2.3).
 */
function normalise(path: string): string {
  let inQuery = false;
  return path.replace(/%[0-9a-f]{2}|[^\x21-\x7e]+|[*$?]/gi, (found) => {
    if (found === "?") inQuery = true;
    if (found === "*" || found === "$") return percent(found.charCodeAt(0));
    if (found.startsWith("%")) {
      const plain = String.fromCharCode(parseInt(found.slice(1), 16));
      const same = UNRESERVED.test(plain) || (inQuery && PLAIN_IN_QUERY.test(plain));
      return same ? plain : found.toUpperCase();
    }
    return found === "?" ? found : Array.from(encoder.encode(found), percent).join("");
  });
}

function ruleOf(allow: boolean, pattern: string): Rule {
  const whole = pattern.endsWith("$");
  const body = whole ? pattern.slice(0, -1) : pattern;
  // Parts are normalised between the stars, the query's beginning is found in all of it.
  const query = body.indexOf("?");
  const parts = body.split("*");
  let offset = 0;
  const normal = parts.map((part) => {
    const inQuery = query >= 0 && offset > query;
    offset += part.length + 1;
    return inQuery ? normalise(`?${part}`).slice(1) : normalise(part);
  }).join("*");
  return { allow, matches: wildcard(normal, { whole }), length: normal.length + (whole ? 1 : 0) };
}

/** Name and value of a line, or `undefined` when it holds none. */
function record(line: string): [name: string, value: string] | undefined {
  const text = line.slice(0, MAX_LINE).split("#", 1)[0]?.trim() ?? "";
  const colon = text.indexOf(":");
  if (colon >= 0) {
    const name = NAMES[text.slice(0, colon).trim().toLowerCase()];
    return name === undefined ? undefined : [name, text.slice(colon + 1).trim()];
  }
  const words = text.split(/\s+/);
  const name = NAMES[words[0]?.toLowerCase() ?? ""];
  return words.length !== 2 || name === undefined ? undefined : [name, words[1] ?? ""];
}

function decode(body: Uint8Array): string {
  const bytes = body.subarray(0, MAX_ROBOTS_BYTES);
  // A byte order mark may have lost its tail; TextDecoder skips a whole one.
  const mark = [0xef, 0xbb, 0xbf].findIndex((byte, at) => bytes[at] !== byte);
  // Further marks are garbage like any other, where String.trim would take them for white space.
  return new TextDecoder().decode(bytes.subarray(Math.max(0, mark))).replaceAll("\ufeff", "\ufffd");
}

/**
 * Reads the rules for the product token `agent`.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { parseRobotsText } from "./robots_rules.ts";
 * const body = new TextEncoder().encode("User-agent: *\nDisallow: /private\nAllow: /private/ok$");
 * const rules = parseRobotsText(body, { agent: "cllm" });
 * assertFalse(rules.allows(new URL("https://example.org/private/x")));
 * assert(rules.allows(new URL("https://example.org/private/ok")));
 * ```
 */
export function parseRobotsText(body: Uint8Array, { agent }: { agent: string }): RobotsText {
  const token = agent.toLowerCase();
  const own: Group = { named: false, rules: [], crawlDelaySeconds: 0 };
  const all: Group = { named: false, rules: [], crawlDelaySeconds: 0 };
  const sitemaps: string[] = [];
  /** Groups that the lines being read belong to. */
  let open: Group[] = [];
  let rulesSeen = false;
  for (const line of decode(body).split(/\r\n|\r|\n/)) {
    const [name, value] = record(line) ?? [];
    if (name === undefined || value === undefined) continue;
    if (name === "sitemap") {
      if (value !== "") sitemaps.push(value);
    } else if (name === "user-agent") {
      // Only a rule ends the user-agent lines of a group; other records must not (2.2.4).
      if (rulesSeen) open = [];
      rulesSeen = false;
      const group = /^\*(\s|$)/.test(value) ? all : productToken(value) === token ? own : undefined;
      if (group === undefined) continue;
      group.named = true;
      open.push(group);
    } else if (name === "crawl-delay") {
      const seconds = /^(?:\d+(?:\.\d+)?|\.\d+)$/.test(value) ? Number(value) : 0;
      for (const group of open) {
        group.crawlDelaySeconds = Math.max(group.crawlDelaySeconds, seconds);
      }
    } else {
      rulesSeen = true;
      if (value === "") continue;
      const allow = name === "allow";
      const rules = [ruleOf(allow, value)];
      // As in google/robotstxt: allowing a folder's index page allows the folder's address.
      if (allow && value.endsWith("/index.html")) {
        rules.push(ruleOf(true, `${value.slice(0, -"index.html".length)}$`));
      }
      for (const group of open) group.rules.push(...rules);
    }
  }
  const { rules, crawlDelaySeconds } = own.named ? own : all;
  return {
    crawlDelaySeconds,
    sitemaps,
    allows({ pathname, search }) {
      if (pathname === "/robots.txt") return true;
      const path = normalise(pathname + search);
      let longest = 0;
      let allowed = true;
      for (const { allow, matches, length } of rules) {
        if (length < longest || (length === longest && !allow) || !matches(path)) continue;
        longest = length;
        allowed = allow;
      }
      return allowed;
    },
  };
}

/**
 * Which links belong to a crawl: near its seeds, matching the include patterns, not excluded.
 *
 * @module
 */
import { getDomain } from "tldts";
import type { BlockList } from "./block_list.ts";
import type { UrlRules } from "./url_rules.ts";
import { wildcard } from "./wildcard.ts";

/** How near to a seed: on its host, under its registrable domain, in its folder, or anywhere. */
export const SCOPES = ["host", "domain", "prefix", "any"] as const;
/** One of {@linkcode SCOPES}. */
export type ScopeName = (typeof SCOPES)[number];

/** Why a link is not followed. */
export type SkipReason =
  | "out-of-scope"
  | "excluded"
  | "blocked-by-rule"
  | "blocked-host"
  | "file-type"
  | "too-deep"
  | "trap";

/** The scope of one crawl. */
export interface Scope {
  /** Identifies the scope's settings, regardless of its roots. */
  readonly key: string;
  /** A seed, or where a seed redirected to. */
  addRoot(url: string): void;
  /** Whether a host is on the block list, so that nothing is asked of it at all. */
  blocks(hostname: string): boolean;
  /** Why a link is not followed, or `undefined` when it is. */
  refuses(url: string): SkipReason | undefined;
}

/** Options of {@linkcode openScope}. */
export interface ScopeOptions {
  /** How near to a seed a link must be; `host` by default. */
  readonly name?: ScopeName;
  /** Patterns with `*` over the whole URL; with any, a link must match one of them. */
  readonly include?: readonly string[];
  /** Patterns of the same kind, none of which a link may match. */
  readonly exclude?: readonly string[];
  /**
   * Asked first: `block` refuses a link, `allow` takes one that is out of scope. No rules unless
   * given.
   */
  readonly rules?: UrlRules;
  /** Hosts that are never fetched, whatever other rules say. */
  readonly blockList?: BlockList;
  /** File extensions, without the dot, that are not fetched. */
  readonly skipTypes?: readonly string[];
}

/** File extensions without readable text. */
const SKIPPED_TYPES: readonly string[] = [
  ..."7z apk avi avif bin bmp br bz2 css csv deb dmg doc docx eot epub exe flac gif gz heic ico iso"
    .split(" "),
  ..."jar jpeg jpg js json m4a m4v map mjs mkv mov mp3 mp4 mpeg mpg odp ods odt ogg ogv otf pdf"
    .split(" "),
  ..."png ppt pptx ps rar rpm rss so svg swf tar tgz tif tiff ttf wasm wav webm webp woff woff2"
    .split(" "),
  ..."wmv xls xlsx xz zip zst".split(" "),
];

/** The folder of a URL, with host and scheme. */
const folderOf = (url: URL) => new URL(".", url).href.split(/[?#]/, 1)[0] ?? "";

/** The key that two URLs in one scope share. */
const NEARNESS: Readonly<Record<"host" | "domain", (url: URL) => string>> = {
  host: ({ host }) => host,
  // An IP address or a single name has no registrable domain: it is its own.
  domain: ({ hostname }) => getDomain(hostname, { allowPrivateDomains: true }) ?? hostname,
};

/**
 * Opens the scope; roots are added later.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openScope } from "./scope.ts";
 * const scope = openScope({ exclude: ["*print=1*"] });
 * scope.addRoot("https://example.org/docs/");
 * assertEquals(scope.refuses("https://example.org/blog/"), undefined);
 * assertEquals(scope.refuses("https://example.com/"), "out-of-scope");
 * assertEquals(scope.refuses("https://example.org/logo.png"), "file-type");
 * ```
 */
export function openScope(
  { name = "host", include = [], exclude = [], rules, blockList, skipTypes = SKIPPED_TYPES }:
    ScopeOptions = {},
): Scope {
  const near = new Set<string>();
  const folders: string[] = [];
  const wanted = include.map((pattern) => wildcard(pattern, { whole: true }));
  const unwanted = exclude.map((pattern) => wildcard(pattern, { whole: true }));
  const types = new Set(skipTypes);

  function isNear(url: URL): boolean {
    if (name === "any") return true;
    if (name === "prefix") return folders.some((folder) => url.href.startsWith(folder));
    return near.has(NEARNESS[name](url));
  }

  return {
    key: JSON.stringify([
      ...[name, include, exclude, rules?.text ?? null, [...types]],
      // Absent in the frontiers of crawls without one.
      ...(blockList ? [blockList.key] : []),
    ]),
    blocks: (hostname) => blockList?.(hostname) ?? false,
    addRoot(root) {
      const url = new URL(root);
      if (name === "prefix") folders.push(folderOf(url));
      else if (name !== "any") near.add(NEARNESS[name](url));
    },
    refuses(link) {
      const url = new URL(link);
      if (blockList?.(url.hostname)) return "blocked-host";
      const rule = rules?.(url);
      if (rule === "block") return "blocked-by-rule";
      if (rule === undefined && !isNear(url)) return "out-of-scope";
      const ending = /\.([a-z0-9]{1,6})$/i.exec(url.pathname)?.[1]?.toLowerCase();
      if (ending !== undefined && types.has(ending)) return "file-type";
      if (wanted.length > 0 && !wanted.some((matches) => matches(link))) return "excluded";
      return unwanted.some((matches) => matches(link)) ? "excluded" : undefined;
    },
  };
}

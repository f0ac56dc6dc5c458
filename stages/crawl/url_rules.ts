/**
 * A file of URL rules, one per line; the first match decides:
 *
 *     allow exact https://example.org/about
 *     block domain ads.example.org
 *     block prefix https://example.org/private/
 *     allow regex ^https://[^/]+/docs/
 *
 * URLs that match `allow` are followed even outside the crawl's scope.
 *
 * @module
 */
import { canonicalSeed } from "./canonical_url.ts";
import { domainsOf } from "./domains.ts";

/** The decision of the first rule that matches; `undefined` where none does. */
export interface UrlRules {
  (url: URL): "allow" | "block" | undefined;
  /** The file. */
  readonly text: string;
}

interface Rule {
  readonly verdict: "allow" | "block";
  /** Place in the file; the first decides. */
  readonly line: number;
}

/** Exact and domain rules may be many, so they are looked up; the others are tried in turn. */
interface Tables {
  readonly exact: Map<string, Rule>;
  readonly domains: Map<string, Rule>;
  readonly patterns: (Rule & { readonly matches: (href: string) => boolean })[];
}

function addRule(
  { exact, domains, patterns }: Tables,
  { rule, kind, value }: { rule: Rule; kind: string; value: string },
): void {
  const keepFirst = (table: Map<string, Rule>, key: string) => {
    if (!table.has(key)) table.set(key, rule);
  };
  switch (kind) {
    case "exact":
      return keepFirst(exact, canonicalSeed(value));
    case "domain": {
      const host = URL.parse(`http://${value}/`)?.hostname;
      if (host === undefined) throw new SyntaxError(`"${value}" is no domain`);
      return keepFirst(domains, host);
    }
    case "prefix": {
      const prefix = canonicalSeed(value);
      patterns.push({ ...rule, matches: (href) => href.startsWith(prefix) });
      return;
    }
    case "regex": {
      const pattern = new RegExp(value, "u");
      patterns.push({ ...rule, matches: (href) => pattern.test(href) });
      return;
    }
    default:
      throw new SyntaxError(`"${kind}" is none of exact, domain, prefix, regex`);
  }
}

/**
 * Reads a file of rules.
 *
 * @throws {SyntaxError} naming the invalid line
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseUrlRules } from "./url_rules.ts";
 * const rules = parseUrlRules("allow exact http://a.test/b\nblock domain a.test", { source: "-" });
 * assertEquals(rules(new URL("http://a.test/b")), "allow");
 * assertEquals(rules(new URL("http://www.a.test/b")), "block");
 * assertEquals(rules(new URL("http://b.test/")), undefined);
 * ```
 */
export function parseUrlRules(text: string, { source }: { source: string }): UrlRules {
  const tables: Tables = { exact: new Map(), domains: new Map(), patterns: [] };
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, verdict, kind = "", value = ""] = /^(\S+)\s+(\S+)\s+(\S.*)$/.exec(line) ?? [];
    try {
      if (verdict !== "allow" && verdict !== "block") {
        throw new SyntaxError("a rule is allow or block, a kind and a value");
      }
      addRule(tables, { rule: { verdict, line: at }, kind, value });
    } catch (cause) {
      if (!(cause instanceof Error)) throw cause;
      throw new SyntaxError(`Cannot use ${source}, line ${at + 1}: ${cause.message}`, { cause });
    }
  }
  const judge = (url: URL) => {
    const found = [
      tables.exact.get(url.href),
      ...Array.from(domainsOf(url.hostname), (domain) => tables.domains.get(domain)),
      tables.patterns.find(({ matches }) => matches(url.href)),
    ].filter((rule) => rule !== undefined);
    return found.sort((a, b) => a.line - b.line)[0]?.verdict;
  };
  return Object.assign(judge, { text });
}

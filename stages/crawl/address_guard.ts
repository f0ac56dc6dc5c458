/**
 * Guards the address that is actually dialled: literal addresses before the request, resolved names
 * inside the socket's own lookup, so that no second resolution can differ.
 *
 * @module
 */
import { promises as dns } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { blockedRange } from "./address.ts";
import { FetchFailure } from "./failure.ts";

/** One answer of a resolver. */
export interface ResolvedAddress {
  /** IPv4 or IPv6, in text form. */
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/** Resolves a host name to its addresses; rejects when there are none. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** The system's resolver. */
export const resolveBySystem: Resolve = (hostname) => dns.lookup(hostname, { all: true });

/** Exceptions to the rule that only globally reachable addresses are dialled. */
export interface AddressRules {
  /** Every address is allowed. */
  readonly allowPrivate: boolean;
  /** Origins (`http://127.0.0.1:8080`) that are exempt, compared exactly. */
  readonly allowOrigins: ReadonlySet<string>;
}

const exempt = (url: URL, rules: AddressRules) =>
  rules.allowPrivate || rules.allowOrigins.has(url.origin);

/** The host of a URL as a bare IP address, or `undefined` when it is a name. */
function literalHost(url: URL): string | undefined {
  const host = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
  return isIP(host) === 0 ? undefined : host;
}

/**
 * Checks a URL whose host is a literal address, for which sockets skip `lookup`.
 *
 * @throws {FetchFailure} `blocked-address`
 */
export function checkLiteralHost(url: URL, rules: AddressRules): void {
  const host = literalHost(url);
  if (host === undefined || exempt(url, rules)) return;
  const range = blockedRange(host);
  if (range !== undefined) throw blocked(url, `${host} is a ${range} address`);
}

/** Why the host of a URL, as written, rules the URL out; `undefined` when it does not. */
export function privateRangeOf(href: string): string | undefined {
  const url = new URL(href);
  if (url.hostname === "localhost") return "loopback";
  const host = literalHost(url);
  return host === undefined ? undefined : blockedRange(host);
}

/** A `lookup` for a socket to `url` that returns only allowed addresses. */
export function guardedLookup(
  url: URL,
  { rules, resolve }: { rules: AddressRules; resolve: Resolve },
): LookupFunction {
  return (hostname, options, callback) => {
    const answer = (error: NodeJS.ErrnoException | null, found: ResolvedAddress[]) => {
      const [first] = found;
      if (error !== null || first === undefined) return callback(error, "", 4);
      if (options.all) callback(null, found);
      else callback(null, first.address, first.family);
    };
    resolve(hostname).then((found) => {
      const allowed = exempt(url, rules)
        ? [...found]
        : found.filter(({ address }) => blockedRange(address) === undefined);
      if (allowed.length > 0) return answer(null, allowed);
      const [first] = found;
      answer(
        first === undefined
          ? new FetchFailure("network-error", `${hostname} has no address`)
          : blocked(
            url,
            `${hostname} is ${first.address}, a ${blockedRange(first.address)} address`,
          ),
        [],
      );
    }).catch((error: NodeJS.ErrnoException) => answer(error, []));
  };
}

const blocked = (url: URL, what: string) =>
  new FetchFailure(
    "blocked-address",
    `${what}: not connected to; allow ${url.origin} with --allow-private`,
  );

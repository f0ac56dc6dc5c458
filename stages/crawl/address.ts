/**
 * Which IP addresses a crawler may connect to: only globally reachable unicast ones. Ranges follow
 * the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates).
 *
 * @module
 */
import { isIP } from "node:net";

/** Prefix, its length in bits, and its name in drop messages. */
type Range = readonly [prefix: string, bits: number, name: string];

const IPV4_BLOCKED: readonly Range[] = [
  ["0.0.0.0", 8, "this network"],
  ["10.0.0.0", 8, "private"],
  ["100.64.0.0", 10, "carrier-grade NAT"],
  ["127.0.0.0", 8, "loopback"],
  ["168.63.129.16", 32, "cloud metadata"], // Azure's wire server, inside a public range
  ["169.254.0.0", 16, "link-local"], // holds 169.254.169.254, the usual metadata service
  ["172.16.0.0", 12, "private"],
  ["192.0.0.0", 24, "protocol assignment"],
  ["192.0.2.0", 24, "documentation"],
  ["192.31.196.0", 24, "AS112"],
  ["192.52.193.0", 24, "automatic multicast tunnel"],
  ["192.88.99.0", 24, "6to4 relay"],
  ["192.168.0.0", 16, "private"],
  ["192.175.48.0", 24, "AS112"],
  ["198.18.0.0", 15, "benchmarking"],
  ["198.51.100.0", 24, "documentation"],
  ["203.0.113.0", 24, "documentation"],
  ["224.0.0.0", 4, "multicast"],
  ["240.0.0.0", 4, "reserved"],
];

/** First match decides, so a special range inside global unicast stands before `2000::/3`. */
const IPV6_BLOCKED: readonly Range[] = [
  ["::", 128, "unspecified"],
  ["::1", 128, "loopback"],
  ["::", 96, "IPv4-compatible"],
  ["::ffff:0:0:0", 96, "IPv4-translated"],
  ["64:ff9b:1::", 48, "local-use NAT64"],
  ["100::", 64, "discard-only"],
  ["2001::", 23, "protocol assignment"], // Teredo, ORCHID and benchmarking among them
  ["2001:db8::", 32, "documentation"],
  ["2620:4f:8000::", 48, "AS112"],
  ["3fff::", 20, "documentation"],
  ["5f00::", 16, "segment routing"],
  ["fc00::", 7, "private"],
  ["fe80::", 10, "link-local"],
  ["fec0::", 10, "site-local"],
  ["ff00::", 8, "multicast"],
];

/** Prefixes that carry an IPv4 address; that address decides. */
const IPV4_CARRIERS: readonly (readonly [prefix: string, bits: number, group: number])[] = [
  ["::ffff:0:0", 96, 6], // IPv4-mapped
  ["64:ff9b::", 96, 6], // NAT64, RFC 6052
  ["2002::", 16, 1], // 6to4, RFC 3056
];

/** Whether an interface identifier carries an IPv4 address in the last two groups: ISATAP, RFC 5214. */
const isIsatap = (address: readonly number[]) =>
  ((address[4] ?? 0) & ~0x200) === 0 && address[5] === 0x5efe;

/** 16-bit groups of an IPv4 (2 groups) or IPv6 (8 groups) address. */
function groups(address: string): number[] {
  if (isIP(address) === 4) {
    const [a, b, c, d] = address.split(".").map(Number) as [number, number, number, number];
    return [a << 8 | b, c << 8 | d];
  }
  // The URL parser brings every spelling (dotted tail, upper case, zeros) to one compressed form.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const parse = (part: string) => part === "" ? [] : part.split(":").map((x) => parseInt(x, 16));
  const left = parse(head);
  if (tail === undefined) return left;
  const right = parse(tail);
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function within(address: readonly number[], prefix: readonly number[], bits: number): boolean {
  for (let i = 0; i * 16 < bits; i++) {
    const mask = 0xffff << Math.max(0, 16 - (bits - i * 16)) & 0xffff;
    if (((address[i] ?? 0) & mask) !== ((prefix[i] ?? 0) & mask)) return false;
  }
  return true;
}

type ParsedRange = readonly [prefix: readonly number[], bits: number, name: string];
const parseRange = ([prefix, bits, name]: Range): ParsedRange => [groups(prefix), bits, name];
const IPV4 = IPV4_BLOCKED.map(parseRange);
const IPV6 = IPV6_BLOCKED.map(parseRange);
const CARRIERS = IPV4_CARRIERS.map(([prefix, bits, at]) => [groups(prefix), bits, at] as const);
const GLOBAL_UNICAST = groups("2000::");

const nameIn = (ranges: readonly ParsedRange[], address: readonly number[]) =>
  ranges.find(([prefix, bits]) => within(address, prefix, bits))?.[2];

/**
 * Names the reason why a crawler must not connect to an IP address; `undefined` when it may.
 *
 * @param address an IPv4 address in dotted decimal or an IPv6 address in any spelling, with or
 * without a zone; the resolver handles host names
 * @throws {SyntaxError} when `address` is no IP address
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { blockedRange } from "./address.ts";
 * assertEquals(blockedRange("::ffff:169.254.169.254"), "link-local");
 * assertEquals(blockedRange("93.184.215.14"), undefined);
 * ```
 */
export function blockedRange(address: string): string | undefined {
  const bare = address.split("%")[0] ?? "";
  const version = isIP(bare);
  if (version === 0) throw new SyntaxError(`Cannot judge "${address}": not an IP address`);
  const parts = groups(bare);
  if (version === 4) return nameIn(IPV4, parts);
  const interfaceRange = isIsatap(parts) ? nameIn(IPV4, parts.slice(6)) : undefined;
  for (const [prefix, bits, at] of CARRIERS) {
    if (!within(parts, prefix, bits)) continue;
    return nameIn(IPV4, parts.slice(at, at + 2)) ?? interfaceRange;
  }
  const range = nameIn(IPV6, parts) ?? interfaceRange;
  // Everything outside IANA's global unicast space is refused without being listed.
  return range ?? (within(parts, GLOBAL_UNICAST, 3) ? undefined : "reserved");
}

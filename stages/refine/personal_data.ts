/**
 * Replaces e-mail addresses and public IPv4 addresses, as datatrove's PIIFormatter does, and public
 * IPv6 addresses, which that leaves alone.
 *
 * @module
 */
import { isIPv6 } from "node:net";

/** Domains that are reserved for examples (RFC 2606). */
const EMAILS = ["email@example.com", "firstname.lastname@example.org"];
/** datatrove's, which answered nobody. */
const ADDRESSES = [
  "22.214.171.124",
  "126.96.36.199",
  "188.8.131.52",
  "184.108.40.206",
  "220.127.116.11",
  "18.104.22.168",
];
/** Of the block for documentation (RFC 3849). */
const ADDRESSES_V6 = ["2001:db8::1", "2001:db8::2"];

// The bounds are those of RFC 5321 and RFC 1035; they also keep the search linear. Letters are those of
// any script (RFC 6531, RFC 5890).
const LETTER = "\\p{L}\\p{M}\\p{N}";
const ATOM = `[${LETTER}!#$%&'*+\\/=?^_\`{|}~\\-]`;
const LABEL = `[${LETTER}](?:[${LETTER}\\-]{0,61}[${LETTER}])?`;
/** Pictures for dense screens are named so. */
const DENSITY = "\\d(?:\\.\\d)?x\\.(?:png|jpe?g|gif|webp|avif|svg)(?![\\w.-])";
const EMAIL = new RegExp(
  `(?<!${ATOM}|\\.)${ATOM}{1,64}(?:\\.${ATOM}{1,64}){0,8}@(?!${DENSITY})(?:${LABEL}\\.){1,8}${LABEL}`,
  "giu",
);
const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
/** What says that the numbers after it are a version or a section. */
const NUMBERED =
  "[\\w.]|\\w/|\\w-|§ ?|\\b(?:versions?|release|rev\\.?|ver\\.|v\\.|section|chapter):? ";
/** Not a part of a longer number, or of a version such as `v1.2.3.4`, `Agent/1.2.3.4`, `1.2.3.4-rc1`. */
const IPV4 = new RegExp(
  `(?<!${NUMBERED})${OCTET}(?:\\.${OCTET}){3}(?!\\w|\\.\\d|-[a-z])`,
  "gi",
);
/** What may be an address in 2000::/3, the block that holds all global ones. */
const IPV6 = /(?<![\w:.])[23][\da-f]{3}(?:(?:::?[\da-f]{1,4}){1,7}(?:::)?|::)(?!\w|:\w|\.\d)/gi;

/** Blocks that are not global in IANA's special-purpose registry (RFC 6890), as [address, bits]. */
const NOT_GLOBAL: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

const numeric = (address: string): number =>
  address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);

function isPublic(address: string): boolean {
  return !NOT_GLOBAL.some(([base, bits]) => {
    const size = 2 ** (32 - bits);
    return Math.floor(numeric(address) / size) === Math.floor(numeric(base) / size);
  });
}

/** Protocol assignments (2001::/23) and documentation (2001:db8::/32, 3fff::/20) are nobody's. */
function isPublicV6(address: string): boolean {
  if (!isIPv6(address)) return false;
  const [first = 0, second = 0] = address.split(":").map((group) => parseInt(group || "0", 16));
  if (first === 0x2001) return second >= 0x200 && second !== 0xdb8;
  return first !== 0x3fff || second >= 0x1000;
}

/** A text and how much of it was replaced. */
export interface MaskedText {
  readonly text: string;
  readonly emails: number;
  readonly addresses: number;
}

/**
 * The text with each e-mail address and each public IP address replaced, the replacements in turn
 * from the first in each text. Private addresses say nothing of anyone and stay.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { maskPersonalData } from "./personal_data.ts";
 * const { text } = maskPersonalData("Mail jane@site.net, 8.8.8.8 or 10.0.0.1");
 * assertEquals(text, "Mail email@example.com, 22.214.171.124 or 10.0.0.1");
 * ```
 */
export function maskPersonalData(text: string): MaskedText {
  let emails = 0, fours = 0, sixes = 0;
  const withoutEmails = text.includes("@")
    ? text.replace(EMAIL, () => EMAILS[emails++ % EMAILS.length] as string)
    : text;
  const masked = withoutEmails
    .replace(
      IPV4,
      (found) => isPublic(found) ? ADDRESSES[fours++ % ADDRESSES.length] as string : found,
    )
    .replace(
      IPV6,
      (found) => isPublicV6(found) ? ADDRESSES_V6[sixes++ % ADDRESSES_V6.length] as string : found,
    );
  return { text: masked, emails, addresses: fours + sixes };
}

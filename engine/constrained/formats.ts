/**
 * Formats of strings, as regular expressions of what is written in them: all of it is valid, and not
 * all that is valid is in it (no 29th of February, no quoted e-mail addresses, no capitals in IPv6).
 *
 * @module
 */

const DATE = String.raw`\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|` +
  String.raw`(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))`;
const TIME = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?` +
  String.raw`(?:Z|[+\-](?:[01]\d|2[0-3]):[0-5]\d)`;
const BYTE = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const LABEL = "[A-Za-z0-9]{1,20}(?:-[A-Za-z0-9]{1,20})?";

const HOST_LABEL = "[A-Za-z0-9]{1,15}(?:-[A-Za-z0-9]{1,15}){0,2}";
/** It begins with a letter, so that no name is a number or an address. */
const LAST_LABEL = "[A-Za-z][A-Za-z0-9]{0,14}(?:-[A-Za-z0-9]{1,15}){0,2}";
const GROUP = "[0-9a-f]{1,4}";
/** With two groups or more left out after the first `count`. */
const compressed = (count: number) =>
  (count > 0 ? `(?:${GROUP}:){${count}}:` : "::") +
  (count < 6 ? `(?:${GROUP}(?::${GROUP}){0,${5 - count}})?` : "");
const IPV6 = [
  `(?:${GROUP}:){7}${GROUP}`,
  ...Array.from({ length: 7 }, (_, count) => compressed(count)),
].join("|");
const COUNT = String.raw`\d{1,6}`;
const MINUTES = `${COUNT}M(?:${COUNT}S)?`;
const HOURS = `${COUNT}H(?:${MINUTES})?`;
const MONTHS = `${COUNT}M(?:${COUNT}D)?`;
const YEARS = `${COUNT}Y(?:${MONTHS})?`;
const CLOCK = `T(?:${HOURS}|${MINUTES}|${COUNT}S)`;
const DURATION = `(?:${YEARS}|${MONTHS}|${COUNT}D)(?:${CLOCK})?|${CLOCK}|${COUNT}W`;

/** Patterns by the name of the format; RFC 3339, RFC 9562, RFC 5321, RFC 1123, RFC 2673 and RFC 4291. */
export const FORMATS = {
  "date-time": `^${DATE}T${TIME}$`,
  date: `^${DATE}$`,
  time: `^${TIME}$`,
  duration: `^P(?:${DURATION})$`,
  uuid: "^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
  email: String.raw`^\w{1,20}(?:[.+\-]\w{1,20}){0,2}@(?:${LABEL}\.){1,3}[A-Za-z]{2,10}$`,
  hostname: `^(?:${HOST_LABEL}\\.){0,4}${LAST_LABEL}$`,
  ipv4: String.raw`^(?:${BYTE}\.){3}${BYTE}$`,
  ipv6: `^(?:${IPV6})$`,
} as const;

/** A name in {@linkcode FORMATS}. */
export type Format = keyof typeof FORMATS;

/** Their names. */
export const FORMAT_NAMES = Object.keys(FORMATS) as Format[];

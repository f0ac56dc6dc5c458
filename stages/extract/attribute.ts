/**
 * The attributes that decide anything about a page's text; all others are passed over.
 *
 * @module
 */
import { hasName, isSpace } from "./tag.ts";

/** Their names; an {@linkcode Attribute} is a place in this list. */
export const ATTRIBUTES = [
  "aria-hidden",
  "class",
  "content",
  "datetime",
  "hidden",
  "href",
  "http-equiv",
  "id",
  "itemprop",
  "lang",
  "name",
  "property",
  "rel",
  "role",
  "style",
  "type",
] as const;

/** One of {@linkcode ATTRIBUTES}, by its place. */
export type Attribute = number;

/** Tells something of a value that stands between two offsets of a text. */
export type ValueTest = (text: string, start: number, end: number) => boolean;

/** The place of each. */
export const ATTRIBUTE = Object.fromEntries(
  ATTRIBUTES.map((name, at) => [name, at]),
) as Record<typeof ATTRIBUTES[number], Attribute>;

const BUCKETS = 32;
/** No two have both their length and their first letter in common. */
const placeOf = (length: number, letter: number) => length * BUCKETS + (letter & (BUCKETS - 1));
const BY_LOOK = new Int8Array(BUCKETS * BUCKETS).fill(-1);
for (const [at, name] of ATTRIBUTES.entries()) {
  BY_LOOK[placeOf(name.length, name.charCodeAt(0))] = at;
}

/** The attribute whose name stands between two offsets, or -1. */
export function attributeAt(html: string, start: number, end: number): Attribute {
  if (end - start >= BUCKETS) return -1;
  const attribute = BY_LOOK[placeOf(end - start, html.charCodeAt(start))] as Attribute;
  return attribute !== -1 && hasName(html, start, ATTRIBUTES[attribute] as string) ? attribute : -1;
}

const SLASH = 0x2f, EQUALS = 0x3d, GREATER = 0x3e;

/** Where the name at `start` ends: it may begin with an equals sign, and go on with all but a few characters. */
export function attributeNameEnd(html: string, start: number): number {
  const { length } = html;
  let at = start + 1;
  for (; at < length; at++) {
    const code = html.charCodeAt(at);
    // Most characters are letters, which come after all that ends a name.
    if (code <= GREATER && (code >= EQUALS || code === SLASH || isSpace(code))) break;
  }
  return at;
}

/** Where the value at `start` ends that no quotes are around. */
export function unquotedEnd(html: string, start: number): number {
  const { length } = html;
  let at = start;
  for (; at < length; at++) {
    const code = html.charCodeAt(at);
    if (code === GREATER || isSpace(code)) break;
  }
  return at;
}

/**
 * The attributes that decide anything about a page's text; all others are passed over.
 *
 * @module
 */
import { hasName } from "./tag.ts";

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

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

/** Those of each length. */
const BY_LENGTH: readonly (readonly Attribute[])[] = Array.from(
  { length: 1 + Math.max(...ATTRIBUTES.map((name) => name.length)) },
  (_, length) =>
    Array.from(ATTRIBUTES.keys()).filter((attribute) => ATTRIBUTES[attribute]?.length === length),
);

/** The attribute whose name stands between two offsets, or -1. */
export function attributeAt(html: string, start: number, end: number): Attribute {
  const candidates = BY_LENGTH[end - start];
  if (candidates === undefined) return -1;
  for (const attribute of candidates) {
    if (hasName(html, start, ATTRIBUTES[attribute] as string)) return attribute;
  }
  return -1;
}

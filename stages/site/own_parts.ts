/**
 * Which blocks of a page are its own text, by what its site has on other pages.
 *
 * @module
 */
import type { PagePart } from "../types.ts";

/** A site of fewer pages shows nothing. */
export const MIN_PAGES = 5;
/** The share of a site's pages from which on a block is the site's and not the page's. */
const MIN_SHARE = 1 / 3;
/** The share of the prose of a place in the site's texts from which on all of it is text: most. */
export const MIN_TAKEN = 0.5;
/** The same where too few pages have the place, and only what is near tells of it: nearly all. */
export const MIN_TAKEN_NEAR = 0.9;

/** On how many pages a block must be. */
export const leastPages = (pages: number): number =>
  Math.max(MIN_PAGES, Math.ceil(pages * MIN_SHARE));

/** What is known of a site. */
export interface SiteView {
  /** Whether the site repeats a block. */
  isCommon(part: PagePart): boolean;
  /** Whether blocks at this one's place are text on the other pages. */
  isTextPlace(part: PagePart): boolean;
}

/**
 * The parts that are the page's own text. A heading or label stays where what it names does, as
 * `SYNOPSIS` of each manual page.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ownParts } from "./own_parts.ts";
 * const parts = [
 *   { key: 1, place: 1, near: 1, text: "SYNOPSIS", isTaken: true, leads: 1 },
 *   { key: 2, place: 2, near: 1, text: "See the other page.", isTaken: false, leads: -1 },
 *   { key: 3, place: 3, near: 1, text: "Made with care.", isTaken: true, leads: -1 },
 * ];
 * const own = ownParts(parts, {
 *   isCommon: ({ key }) => key !== 2,
 *   isTextPlace: ({ place }) => place === 2,
 * });
 * assertEquals(own.map(({ text }) => text), ["SYNOPSIS", "See the other page."]);
 * ```
 */
export function ownParts(parts: readonly PagePart[], site: SiteView): PagePart[] {
  const own: PagePart[] = [];
  for (const part of parts.toReversed()) {
    const isNaming = namesNext(part, own.at(-1));
    const isText = part.isTaken || (site.isTextPlace(part) && (part.leads <= 0 || isNaming));
    if (isText && (isNaming || !site.isCommon(part))) own.push(part);
  }
  return own.reverse();
}

/** Whether a part names the one after it. */
function namesNext({ leads }: PagePart, next: PagePart | undefined): boolean {
  if (leads < 0 || next === undefined) return false;
  return next.leads <= 0 || (leads > 0 && next.leads > leads);
}

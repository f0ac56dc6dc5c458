/**
 * Families of URLs that sites generate endlessly: one page under ever new queries, a calendar without
 * end. A crawl takes a bounded number of each family.
 *
 * @module
 */

/** Most queries of one path. */
const MAX_QUERIES = 1000;
/** Most calendar pages of one host: a year of days and some. */
const MAX_CALENDAR_PAGES = 500;

const CALENDAR_WORD =
  /\b(calendar|calendario|calendrier|kalender|events?|agenda|diary|schedule)\b/i;
const DATE = /(^|[/=&?_-])(1[6-9]|2[0-9])\d\d[/-]?(0?[1-9]|1[0-2])([/-]?[0-3]?\d)?([/&_-]|$)/;
const DATE_PARAMETER =
  /^(date|day|week|month|year|cal|calendar|ical|outlook-ical|tribe-bar-date)$/i;

/** A family of URLs and its bound. */
export interface Family {
  readonly key: string;
  /** Most URLs of this family. */
  readonly most: number;
}

function isCalendarPage({ pathname, search, searchParams }: URL): boolean {
  const dated = DATE.test(pathname) || DATE.test(search);
  if (dated && (CALENDAR_WORD.test(pathname) || CALENDAR_WORD.test(search))) return true;
  return [...searchParams.keys()].some((name) => DATE_PARAMETER.test(name));
}

/**
 * The family of `url`, or `undefined` when it belongs to no trap.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { familyOf } from "./trap.ts";
 * const family = familyOf(new URL("https://example.org/calendar/2031/07/"));
 * assertEquals(family?.key, "calendar example.org");
 * assertEquals(familyOf(new URL("https://example.org/2031/a-post")), undefined);
 * ```
 */
export function familyOf(url: URL): Family | undefined {
  if (isCalendarPage(url)) return { key: `calendar ${url.host}`, most: MAX_CALENDAR_PAGES };
  if (url.search === "") return undefined;
  return { key: `query ${url.host}${url.pathname}`, most: MAX_QUERIES };
}

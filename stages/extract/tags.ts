/**
 * What an element's name says about it (HTML standard, sections 4 and 13).
 *
 * @module
 */
import type { BlockKind } from "./block.ts";

const setOf = (names: string) => new Set(names.split(" "));

/** Elements without an end tag. */
export const VOID = setOf(
  "area base basefont br col command embed frame hr img input isindex keygen link meta param " +
    "source track wbr",
);

/** Elements that begin a block of their own. */
export const BLOCK = setOf(
  "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption " +
    "figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre section summary " +
    "table tbody tfoot thead tr ul",
);

export const CELL = setOf("td th");

/**
 * Elements whose content is never text to be read: among them the other forms of a formula, and the
 * reading that ruby puts beside a word, which would part the word's characters.
 */
export const UNREAD = setOf(
  "annotation annotation-xml canvas datalist head iframe link meta noembed noframes noscript object rp rt rtc " +
    "script select style svg template textarea title input",
);

/** Elements around the main text. */
export const SURROUNDING = setOf("aside button dialog footer header menu nav");

/** Elements, and roles, around the main text unless they hold all of it, as a page's one form may. */
export const DOUBTFUL = setOf("form");

/** Elements that may stand in the head. */
export const HEAD = setOf(
  "base basefont bgsound link meta noframes noscript script style template title",
);

/** Landmark roles of WAI-ARIA around the main content. */
export const SURROUNDING_ROLES = setOf(
  "alert banner complementary contentinfo dialog menu navigation search toolbar",
);

/** Roles of WAI-ARIA, and of its module for publishing, of notes on the text. */
export const NOTE_ROLES = setOf("note doc-endnote doc-endnotes doc-footnote");

/** Words in class names and ids by which sites mark such parts. */
const WORDS = setOf(
  "ad ads advert advertisement banner breadcrumb breadcrumbs comments cookie cookies footer headerlink " +
    "masthead menu nav navbar navfooter navheader navigation newsletter pager pagination popup promo recommended " +
    "related share sharing sidebar social sponsor sponsored subscribe toolbar",
);

/** The link that MediaWiki puts beside headings. */
const EDIT_LINK = "mw-editsection";

/** First letter and length of a word in one number, so that hardly another needs to be looked up. */
const outlineOf = (letter: number, length: number) => ((letter & 0x1f) << 4) | length;
const LONGEST_WORD = Math.max(...Array.from(WORDS, (word) => word.length));
const OUTLINES = new Uint8Array(512);
for (const word of WORDS) OUTLINES[outlineOf(word.charCodeAt(0), word.length)] = 1;
const isSmall = (code: number) => code >= 0x61 && code <= 0x7a;

/**
 * Whether the first word of a name in a list of classes or in an id is one of those: `related` of
 * `related-box`, `nav` of `navTop`. The names stand from one offset of `names` to another.
 */
export function isNamedSurrounding(names: string, from: number, end: number): boolean {
  for (let at = from; at < end; at++) {
    const start = at;
    if (isSmall(names.charCodeAt(at) | 0x20)) at++;
    while (at < end && isSmall(names.charCodeAt(at))) at++;
    const size = at - start;
    if (size <= LONGEST_WORD && OUTLINES[outlineOf(names.charCodeAt(start), size)] === 1) {
      if (WORDS.has(names.slice(start, at).toLowerCase())) return true;
    }
    if (size === 2 && names.startsWith(EDIT_LINK, start)) return true;
    while (at < end && names.charCodeAt(at) > 0x20) at++;
  }
  return false;
}

/** Whether a style attribute hides the element. */
export function hides(style: string): boolean {
  return /display\s*:\s*none|visibility\s*:\s*hidden/i.test(style);
}

/** Elements of HTML that end the SVG or MathML around them (HTML standard, 13.2.6.5). */
export const BREAKS_OUT = setOf(
  "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li " +
    "listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var",
);

/**
 * How the content of an element is written: as markup, as text with or without character references
 * up to its end tag, as a script, or as text up to the end of the page (HTML standard, 13.2.6.4).
 */
export type ContentModel = "markup" | "escapable" | "raw" | "script" | "plain";

/** The elements whose content is no markup. */
export const CONTENT_MODELS: ReadonlyMap<string, ContentModel> = new Map([
  ["title", "escapable"],
  ["textarea", "escapable"],
  ["style", "raw"],
  ["xmp", "raw"],
  ["iframe", "raw"],
  ["noembed", "raw"],
  ["noframes", "raw"],
  ["script", "script"],
  ["plaintext", "plain"],
]);

const PARAGRAPH = setOf("p");
const CELLS = setOf("td th p");
const ROW = setOf("tr td th p");
const RUBY = setOf("rb rt rp");
const SECTION = setOf("tbody thead tfoot tr td th p caption colgroup");

/** Open elements that a start tag ends, from the innermost outwards while they are of these. */
export const ENDS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ...("address article aside blockquote center details dialog div dl fieldset figcaption figure " +
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr main menu nav ol p pre section summary table ul")
    .split(" ").map((name) => [name, PARAGRAPH] as const),
  ["li", setOf("li p")],
  ["dt", setOf("dt dd p")],
  ["dd", setOf("dt dd p")],
  ["td", CELLS],
  ["th", CELLS],
  ["tr", ROW],
  ["tbody", SECTION],
  ["thead", SECTION],
  ["tfoot", SECTION],
  ["option", setOf("option")],
  ["optgroup", setOf("option optgroup")],
  ["rb", RUBY],
  ["rt", RUBY],
  ["rp", RUBY],
  ["rtc", setOf("rb rt rp rtc")],
]);

/** What a block directly inside an element of this name is. */
export function kindOf(name: string): BlockKind {
  if (name === "li") return "item";
  if (name === "tr") return "row";
  if (name === "pre") return "code";
  return /^h[1-6]$/.test(name) ? "heading" : "paragraph";
}

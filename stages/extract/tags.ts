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
  "address article blockquote body caption center dd details div dl dt fieldset figcaption figure " +
    "h1 h2 h3 h4 h5 h6 hgroup hr html li main ol p pre section summary table tbody tfoot thead tr ul",
);

export const CELL = setOf("td th");

/** Elements whose content is never text to be read. */
export const UNREAD = setOf(
  "canvas datalist head iframe link meta noscript object script select style svg template " +
    "textarea title input",
);

/** Elements around the main text. */
export const SURROUNDING = setOf("aside button dialog footer form header menu nav");

/** Elements that may stand in the head. */
export const HEAD = setOf(
  "base basefont bgsound link meta noframes noscript script style template title",
);

/** Landmark roles of WAI-ARIA around the main content. */
export const SURROUNDING_ROLES = setOf(
  "alert banner complementary contentinfo dialog form menu navigation search toolbar",
);

/** Words in class names and ids by which sites mark such parts. */
const WORDS = setOf(
  "ad ads advert advertisement banner breadcrumb breadcrumbs comments cookie cookies footer " +
    "masthead menu nav navbar navfooter navheader navigation newsletter pager pagination popup promo recommended " +
    "related share sharing sidebar social sponsor sponsored subscribe toolbar",
);

/** Whether the first word of a class or the id is one of those: `related-box`, `navTop`. */
export function isNamedSurrounding(classes: string, id: string): boolean {
  return `${classes} ${id}`.split(/\s+/).some((name) =>
    WORDS.has((/^[a-z]+|^[A-Z][a-z]*/.exec(name)?.[0] ?? "").toLowerCase())
  );
}

/** Whether a style attribute hides the element. */
export function hides(style: string): boolean {
  return /display\s*:\s*none|visibility\s*:\s*hidden/i.test(style);
}

const PARAGRAPH = setOf("p");
const CELLS = setOf("td th p");
const ROW = setOf("tr td th p");
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
]);

/** What a block directly inside an element of this name is. */
export function kindOf(name: string): BlockKind {
  if (name === "li") return "item";
  if (name === "tr") return "row";
  if (name === "pre") return "code";
  return /^h[1-6]$/.test(name) ? "heading" : "paragraph";
}

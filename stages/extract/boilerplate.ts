/**
 * Tells the parts of a page that are not its text: navigation, footers, forms, advertisements.
 *
 * @module
 */
import type { Element } from "deno_dom";

/** Elements that never hold main text. */
const TAGS = new Set(
  ("ASIDE BUTTON CANVAS DATALIST DIALOG FOOTER FORM HEAD HEADER IFRAME INPUT LINK MENU META NAV " +
    "NOSCRIPT OBJECT SCRIPT SELECT STYLE SVG TEMPLATE TEXTAREA TITLE").split(" "),
);

/** Landmark roles of WAI-ARIA around the main content. */
const ROLES = new Set(
  "alert banner complementary contentinfo dialog form menu navigation search toolbar".split(" "),
);

/** Words in class names and ids by which sites mark such parts. */
const WORDS = new Set(
  ("ad ads advert advertisement banner breadcrumb breadcrumbs comments cookie cookies footer " +
    "masthead menu nav navbar navigation newsletter pager pagination popup promo recommended " +
    "related share sharing sidebar social sponsor sponsored subscribe toolbar").split(" "),
);

function isHidden(element: Element): boolean {
  return element.hasAttribute("hidden") ||
    element.getAttribute("aria-hidden") === "true" ||
    /display\s*:\s*none|visibility\s*:\s*hidden/i.test(element.getAttribute("style") ?? "");
}

/** Whether the first word of a class or the id is one of {@linkcode WORDS}: `related-box`, `navTop`. */
function isNamedSo(element: Element): boolean {
  const names = `${element.getAttribute("class") ?? ""} ${element.getAttribute("id") ?? ""}`;
  return names.split(/\s+/).some((name) =>
    WORDS.has((/^[a-z]+|^[A-Z][a-z]*/.exec(name)?.[0] ?? "").toLowerCase())
  );
}

/** Whether an element and all inside it is left out; the names of `content` elements don't count. */
export function isBoilerplate(element: Element, content: ReadonlySet<Element>): boolean {
  return TAGS.has(element.tagName) || ROLES.has(element.getAttribute("role") ?? "") ||
    isHidden(element) || (!content.has(element) && isNamedSo(element));
}

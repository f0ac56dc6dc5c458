import { DOMParser as LinkedomParser } from "npm:linkedom@0.18.15/worker";
import { completePage } from "./complete_page.ts";
import { HTMLDocument } from "./node_classes.ts";

/** Media types by the standard's DOMParser; only `text/html` can be parsed. */
export type DOMParserMimeType =
  | "text/html"
  | "text/xml"
  | "application/xml"
  | "application/xhtml+xml"
  | "image/svg+xml";

/**
 * Parses HTML text into a tree.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DOMParser } from "deno_dom";
 * const page = new DOMParser().parseFromString("<title>T</title><p>Hi", "text/html");
 * assertEquals([page.body.textContent, page.head.textContent], ["Hi", "T"]);
 * ```
 */
export class DOMParser {
  /**
   * Parses a whole page or a fragment of one; the result always has html, head and body elements.
   *
   * @throws {Error} for any media type but `text/html`
   */
  parseFromString(source: string, mimeType: DOMParserMimeType): HTMLDocument {
    if (mimeType !== "text/html") throw new Error(`DOMParser: "${mimeType}" unimplemented`);
    // linkedom reads the text "..." as an order for an empty page.
    const text = source === "..." ? "<body>..." : source;
    // linkedom declares `title` an element; it is a string.
    // linkedom's own types are partly wrong (`title` an element), so only its class is trusted.
    const document: unknown = new LinkedomParser().parseFromString(text, mimeType);
    if (!(document instanceof HTMLDocument)) throw new TypeError("linkedom made no document");
    completePage(document);
    return document;
  }
}

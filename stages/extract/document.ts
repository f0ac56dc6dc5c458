/**
 * One page's document, as a plain function.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { DOMParser } from "deno_dom";
import type { Drop } from "../meter.ts";
import type { Document, Page } from "../types.ts";
import { findBomb, type MarkupLimits } from "./bomb.ts";
import { decodePage } from "./charset.ts";
import { mainText } from "./main_text.ts";

/** Why a page gave no document. */
export type Refusal = Omit<Drop, "stage">;

/** Options of {@linkcode extractDocument}. */
export type ExtractDocumentOptions = Partial<MarkupLimits>;

const HTML_TYPES = ["text/html", "application/xhtml+xml"];
const PLAIN_TYPES = ["text/plain", "text/markdown"];

/** The first 16 hex digits of SHA-256 over the URL. */
const documentId = (url: string) => createHash("sha256").update(url).digest("hex").slice(0, 16);

/** A BCP 47 tag in the spelling of RFC 5646, or `und` when there is none. */
function languageTag(declared: string | null | undefined): string {
  try {
    return Intl.getCanonicalLocales(declared?.trim() || "und")[0] ?? "und";
  } catch (error) {
    if (error instanceof RangeError) return "und";
    throw error;
  }
}

const oneLine = (text: string) => text.replace(/\s+/g, " ").trim().normalize("NFC");

/** Title, language and main text of HTML; `undefined` when the parser gives up. */
function readHtml(html: string): Pick<Document, "title" | "text" | "lang"> | undefined {
  const document = new DOMParser().parseFromString(html, "text/html");
  if (document === null) return undefined;
  const heading = document.querySelector("title") ?? document.querySelector("h1");
  return {
    title: oneLine(heading?.textContent ?? ""),
    text: mainText(document),
    lang: languageTag(document.querySelector("html")?.getAttribute("lang")),
  };
}

/** Text as it stands, with Unix line ends; the first line serves as the title of Markdown. */
function readPlain(text: string, isMarkdown: boolean): Pick<Document, "title" | "text" | "lang"> {
  const unix = text.replace(/\r\n?/g, "\n").trim();
  const heading = isMarkdown ? /^#+\s+(.+)$/m.exec(unix)?.[1] : undefined;
  return { title: oneLine(heading ?? ""), text: unix, lang: "und" };
}

/**
 * Takes the main text out of one page.
 *
 * @returns the document, or the reason why there is none: `unsupported-type`, `malformed`, `no-text`
 * @example
 * ```ts
 * import { extractDocument } from "./document.ts";
 * const result = extractDocument({
 *   url: "https://example.org/",
 *   contentType: "text/html",
 *   body: new TextEncoder().encode("<nav>Home</nav><main><p>Hello, world.</p></main>"),
 *   fetchedAt: "2024-01-01T00:00:00.000Z",
 * });
 * console.assert("text" in result && result.text === "Hello, world.");
 * ```
 */
export function extractDocument(
  { url, contentType, body, fetchedAt }: Page,
  { maxDepth = 512, maxAttributes = 256 }: ExtractDocumentOptions = {},
): Document | Refusal {
  const refuse = (reason: Refusal["reason"], detail: string) => ({ item: url, reason, detail });
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  const isHtml = HTML_TYPES.includes(type);
  if (!isHtml && !PLAIN_TYPES.includes(type)) {
    return refuse("unsupported-type", `the media type ${type || "(none)"} is not read`);
  }
  const source = decodePage(body, { contentType, isHtml });
  if (source.includes("\0")) return refuse("malformed", "binary data where text was announced");
  const bomb = isHtml ? findBomb(source, { maxDepth, maxAttributes }) : undefined;
  if (bomb !== undefined) return refuse("malformed", bomb);
  const content = isHtml ? readHtml(source) : readPlain(source, type === "text/markdown");
  if (content === undefined) return refuse("malformed", "the HTML parser gave no document");
  const text = content.text.normalize("NFC");
  if (text === "") {
    return refuse("no-text", "no paragraph outside of navigation and lists of links");
  }
  return { id: documentId(url), url, title: content.title, text, lang: content.lang, fetchedAt };
}

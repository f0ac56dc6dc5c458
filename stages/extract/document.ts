/**
 * One page's document, as a plain function.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Drop } from "../meter.ts";
import type { Document, Page } from "../types.ts";
import { findBomb, type MarkupLimits } from "./bomb.ts";
import { decodePage } from "../decode_page.ts";
import type { Content } from "./content.ts";
import { readDom } from "./dom.ts";
import { readFast } from "./fast.ts";
import { layoutOf } from "./layout.ts";
import { mainBlocks } from "./main_blocks.ts";
import { oneLine } from "./metadata.ts";
import { needsJavascript } from "../needs_javascript.ts";
import { plainMarkup } from "./plain_markup.ts";
import { render, type TextFormat } from "./render.ts";
import type { PlacedBlock } from "./ruled_blocks.ts";
import { htmlOfXhtml } from "./xhtml.ts";

/** Why a page gave no document. */
export type Refusal = Omit<Drop, "stage">;

/** How main text is found: in one pass over the tokens, or in a tree. */
export const ENGINES = ["fast", "dom"] as const;
/** The engine that is used where none is named: the same quality, in less time. */
export const DEFAULT_ENGINE = "fast";
/** One of {@linkcode ENGINES}. */
export type ExtractEngine = typeof ENGINES[number];

/** Options of {@linkcode extractDocument}. */
export interface ExtractDocumentOptions extends Partial<MarkupLimits> {
  /** How the main text of HTML is found; `fast` unless stated. */
  readonly engine?: ExtractEngine;
  /** How the text is written; `text` unless stated. */
  readonly format?: TextFormat;
  /** Whether what readers wrote under a page is part of its text; off unless stated. */
  readonly comments?: boolean;
  /** Whether a document of HTML tells its page's layout, for the site stage; off unless stated. */
  readonly layout?: boolean;
}

/** What is taken out of a page. */
type Taken = Omit<Document, "id" | "url" | "fetchedAt">;

const XHTML_TYPE = "application/xhtml+xml";
const HTML_TYPES = ["text/html", XHTML_TYPE];
const PLAIN_TYPES = ["text/plain", "text/markdown"];

/** The first 16 hex digits of SHA-256 over the URL. */
const documentId = (url: string) => createHash("sha256").update(url).digest("hex").slice(0, 16);

/** A stray NUL is passed over (HTML standard, 13.2.6.4.7). */
const plainText = (text: string) => text.replaceAll("\0", "").normalize("NFC");

/** Text as it stands, with Unix line ends; the first heading is the title of Markdown. */
function readPlain(text: string, isMarkdown: boolean): Taken {
  const unix = text.replace(/\r\n?/g, "\n").trim();
  const heading = isMarkdown ? /^#+\s+(.+)$/m.exec(unix)?.[1] : undefined;
  return { title: oneLine(heading ?? ""), text: plainText(unix), lang: "und" };
}

/** Content of a page as a document keeps it: what it does not declare is absent. */
function taken(
  content: Content,
  { format, layout, comments }: { format: TextFormat; layout: boolean; comments: boolean },
): Taken {
  const { title, lang, author, date, description, siteName, license, tags } = content;
  const blocks = mainBlocks(content, comments);
  const textOf = (block: PlacedBlock) => plainText(render([block], format));
  return {
    title,
    lang,
    text: plainText(render(blocks, format)),
    ...(layout ? { layout: layoutOf(content.blocks, { taken: new Set(blocks), textOf }) } : {}),
    ...(author === "" ? {} : { author }),
    ...(date === "" ? {} : { date }),
    ...(description === "" ? {} : { description }),
    ...(siteName === "" ? {} : { siteName }),
    ...(license === "" ? {} : { license }),
    ...(tags.length === 0 ? {} : { tags }),
  };
}

/** One character in so many that no text has, a NUL among them, is a slip; more are binary data. */
const CHARACTERS_A_SLIP = 20;

/** Bytes that make a small string. */
const PIECE = 2 ** 16;

/** Whether there is a zero among bytes: none is sooner found than in text of a byte a character. */
function hasZero({ buffer, byteOffset, byteLength }: Uint8Array): boolean {
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  for (let at = 0; at < byteLength; at += PIECE) {
    if (bytes.toString("latin1", at, Math.min(byteLength, at + PIECE)).includes("\0")) return true;
  }
  return false;
}

/** Whether a page's text, which stood in `body`, is no text. */
function isBinary(source: string, body: Uint8Array): boolean {
  if (!hasZero(body) || !source.includes("\0")) return false;
  let odd = 0;
  for (let at = 0; at < source.length; at++) if (isOdd(source.charCodeAt(at))) odd++;
  return odd * CHARACTERS_A_SLIP > source.length;
}

/** A control character that text has no use for, or the sign of a byte that is no text. */
const isOdd = (code: number) =>
  code < 0x20 && !(code > 0x08 && code < 0x0e) && code !== 0x1b || code === 0xfffd;

/** Reads HTML by the engine asked for; text instead where its markup breaks a limit. */
export function readHtml(
  html: string,
  { engine, ...limits }: MarkupLimits & { engine: ExtractEngine },
) {
  if (engine === "fast") return readFast(html, limits);
  const plain = plainMarkup(html);
  return findBomb(plain, limits) ?? readDom(plain) ?? "the HTML parser gave no document";
}

/**
 * Takes the main text out of one page.
 *
 * @returns the document, or the reason why there is none: `unsupported-type`, `malformed`, `no-text`,
 *   `needs-javascript` or `unreadable` where the parser breaks down over it
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { extractDocument } from "./document.ts";
 * const result = extractDocument({
 *   url: "https://example.org/",
 *   contentType: "text/html",
 *   body: new TextEncoder().encode("<nav>Home</nav><main><p>Hello, world.</p></main>"),
 *   fetchedAt: "2024-01-01T00:00:00.000Z",
 * });
 * assertEquals("text" in result && result.text, "Hello, world.");
 * ```
 */
export function extractDocument(
  page: Page,
  options: ExtractDocumentOptions = {},
): Document | Refusal {
  try {
    return takeDocument(page, options);
  } catch (error) {
    // One page is no reason to stop.
    const reason = error instanceof Error ? error.message : String(error);
    return { item: page.url, reason: "unreadable", detail: `its extraction failed: ${reason}` };
  }
}

function takeDocument(
  { url, contentType, body, fetchedAt, warc, declared, renderedBy }: Page,
  {
    engine = DEFAULT_ENGINE,
    format = "text",
    layout = false,
    comments = false,
    maxDepth = 512,
    maxAttributes = 256,
  }: ExtractDocumentOptions,
): Document | Refusal {
  const refuse = (reason: Refusal["reason"], detail: string) => ({ item: url, reason, detail });
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  const isHtml = HTML_TYPES.includes(type);
  if (!isHtml && !PLAIN_TYPES.includes(type)) {
    return refuse("unsupported-type", `the media type ${type || "(none)"} is not read`);
  }
  const source = decodePage(body, { contentType, isHtml });
  if (isBinary(source, body)) return refuse("malformed", "binary data where text was announced");
  const html = type === XHTML_TYPE ? htmlOfXhtml(source) : source;
  const content = isHtml ? readHtml(html, { engine, maxDepth, maxAttributes }) : undefined;
  if (typeof content === "string") return refuse("malformed", content);
  const found = content === undefined
    ? readPlain(source, type === "text/markdown")
    : taken(content, { format, layout, comments });
  const { text } = found;
  if (text === "") {
    return isHtml && needsJavascript(html)
      ? refuse("needs-javascript", "the page is empty until its scripts have run")
      : refuse("no-text", "no paragraph outside of navigation and lists of links");
  }
  const title = found.title || declared?.title || "";
  const about = { ...declared, ...found, title, text };
  const origin = { ...(warc && { warc }), ...(renderedBy && { renderedBy }) };
  return { id: documentId(url), url, ...about, fetchedAt, ...origin };
}

/**
 * A document from a source of your own: what `fields` leave out is empty, and its id follows from its
 * address, which must be unique.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createDocument } from "./document.ts";
 * const { id, lang } = createDocument({ url: "poem:1", text: "Roses are red." });
 * assertEquals([id.length, lang], [16, "und"]);
 * ```
 */
export function createDocument(
  fields: Pick<Document, "url" | "text"> & Partial<Document>,
): Document {
  return { id: documentId(fields.url), title: "", lang: "und", fetchedAt: "", ...fields };
}

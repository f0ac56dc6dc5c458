/**
 * The text of a Word document, with its headings, lists and tables.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { zipSync } from "fflate";
import { readProperties } from "./properties.ts";
import { relationsTo } from "./relations.ts";
import { HTML, type Piece, type ReadTask } from "./task.ts";
import type { Files } from "./unzip.ts";
import { hiddenStyles, plainWordXml } from "./word_xml.ts";

const W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';

/** The whole document as HTML, and what it takes in from pages of the Web. */
export async function* readDocx(files: Files, task: ReadTask): AsyncGenerator<Piece> {
  // Packed anew: what mammoth unpacks has been counted, and pictures are left out.
  const archive = zipSync(Object.fromEntries(plain(files, task.main)), { level: 0 });
  const value = await toHtml(Buffer.from(archive));
  yield {
    part: "",
    contentType: HTML,
    body: new TextEncoder().encode(`<main>${plainCells(withoutBackLinks(value))}</main>`),
    declared: readProperties(files.get("docProps/core.xml")),
  };
  yield* importedParts(files, task.main);
}

/** Parts in another format than the document's own (ECMA-376, part 1, 17.17.2.1). */
function* importedParts(files: Files, main: string): Generator<Piece> {
  for (const part of relationsTo(files, { from: main, type: "aFChunk" })) {
    const body = files.get(part);
    yield body !== undefined && /\.x?html?$/i.test(part)
      ? { part, contentType: /\.xhtml?$/i.test(part) ? "application/xhtml+xml" : "text/html", body }
      : { part, reason: "unsupported-type", message: "an imported part that is no HTML" };
  }
}

/** The document in the elements that mammoth reads; what heads and ends its pages is left out. */
function plain(files: Files, main: string): Map<string, Uint8Array> {
  const parts = new Map(files);
  const partsOf = (type: string) => relationsTo(files, { from: main, type });
  const [styles = ""] = partsOf("styles");
  const hidden = hiddenStyles(files.get(styles));
  const read = (path: string) => plainWordXml(files.get(path) ?? new Uint8Array(), hidden);
  const write = (path: string, xml: string) => {
    parts.set(path, new TextEncoder().encode(xml));
  };
  write(main, `<w:document ${W}><w:body>${read(main)}</w:body></w:document>`);
  for (const kind of ["footnotes", "endnotes"]) {
    for (const path of partsOf(kind)) write(path, `<w:${kind} ${W}>${read(path)}</w:${kind}>`);
  }
  return parts;
}

/** Notes without the arrow by which mammoth leads back from each. */
const withoutBackLinks = (html: string) =>
  html.replace(/ ?<a href="#(?:foot|end)note-ref-[^"]{1,20}">↑<\/a>/g, "");

/** The paragraphs of a table's cell as lines of it: a cell with a paragraph in it is laid out. */
const plainCells = (html: string) =>
  html.replace(
    /<(t[dh])\b[^>]*>[^]*?<\/\1>/g,
    (cell) => cell.replace(/<\/p>\s*<p>/g, "<br>").replace(/<\/?p>/g, ""),
  );

/**
 * Mammoth sets prototypes by assigning to `__proto__`, which Deno has taken away; it is there again
 * while mammoth works, in this thread alone.
 */
async function toHtml(buffer: Buffer): Promise<string> {
  Object.defineProperty(Object.prototype, "__proto__", {
    configurable: true,
    get() {
      return Object.getPrototypeOf(this);
    },
    set(prototype) {
      Object.setPrototypeOf(this, prototype);
    },
  });
  try {
    const { default: mammoth } = await import("mammoth");
    const convertImage = mammoth.images.imgElement(() => Promise.resolve({ src: "" }));
    return (await mammoth.convertToHtml({ buffer }, { convertImage })).value;
  } finally {
    Reflect.deleteProperty(Object.prototype, "__proto__");
  }
}

/**
 * The text of a Word document, with its headings, lists and tables.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { zipSync } from "fflate";
import { readProperties } from "./properties.ts";
import { HTML, type SealedPage, type Task } from "./task.ts";
import type { Files } from "./unzip.ts";

/** The whole document as HTML. */
export async function* readDocx(files: Files, _task: Task): AsyncGenerator<SealedPage> {
  // Packed anew: what mammoth unpacks has been counted, and pictures are left out.
  const archive = zipSync(Object.fromEntries(files), { level: 0 });
  const value = await toHtml(Buffer.from(archive));
  yield {
    part: "",
    contentType: HTML,
    body: new TextEncoder().encode(`<main>${plainCells(value)}</main>`),
    declared: readProperties(files.get("docProps/core.xml")),
  };
}

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

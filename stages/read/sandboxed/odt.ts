/**
 * The text of an OpenDocument text, with its headings, lists and tables.
 *
 * @module
 */
import { ReadFailure } from "../failure.ts";
import { readProperties } from "./properties.ts";
import { HTML, type SandboxedPage, type Task } from "./task.ts";
import type { Files } from "./unzip.ts";
import { type Attributes, escape, walkXml } from "./xml.ts";

/** Elements that mean the same in HTML. */
const TAGS: Readonly<Record<string, string>> = {
  p: "p",
  list: "ul",
  "list-item": "li",
  table: "table",
  "table-row": "tr",
  "table-cell": "td",
};
const ITEMS = new Set(["list-item", "table-cell"]);
/** Elements with text that is none of the document's. */
const ASIDE = new Set([
  "annotation",
  "tracked-changes",
  "forms",
  "sequence-decls",
  "note-citation",
  "ruby-text",
]);
/** Spaces that one element may stand for. */
const MAX_SPACES = 100;

/** The whole document as HTML. */
export async function* readOdt(files: Files, task: Task): AsyncGenerator<SandboxedPage> {
  const html = markup(files.get("content.xml"), task);
  yield {
    part: "",
    contentType: HTML,
    body: new TextEncoder().encode(`<main>${html}</main>`),
    declared: readProperties(files.get("meta.xml")),
  };
}

function markup(xml: Uint8Array | undefined, { maxUnpackedBytes }: Task): string {
  if (xml === undefined) throw new ReadFailure("malformed", "it has no content.xml");
  let html = "", isBody = false, aside = 0, items = 0;
  const tagOf = (name: string, { "outline-level": level = "1" }: Attributes = {}) => {
    // A paragraph in a list or table is no more than its item or cell.
    if (name === "p" && items > 0) return "span";
    return name === "h" ? `h${Math.min(6, Math.max(1, Number(level) || 1))}` : TAGS[name];
  };
  const headings: string[] = [];
  walkXml(xml, {
    open(name, attributes) {
      if (name === "text" && !isBody) isBody = true;
      if (ASIDE.has(name)) aside++;
      if (ITEMS.has(name)) items++;
      if (!isBody || aside > 0) return;
      const tag = tagOf(name, attributes);
      if (name === "h" && tag !== undefined) headings.push(tag);
      if (tag !== undefined) html += `<${tag}>`;
      if (name === "s") html += " ".repeat(Math.min(MAX_SPACES, Number(attributes.c ?? 1) || 1));
      if (name === "tab") html += " ";
      if (name === "line-break") html += "<br>";
      if (html.length > maxUnpackedBytes) {
        throw new ReadFailure("too-large", "its text is longer than may be unpacked");
      }
    },
    text(piece) {
      if (isBody && aside === 0) html += escape(piece);
    },
    close(name) {
      if (ITEMS.has(name)) items--;
      if (ASIDE.has(name)) aside--;
      else if (isBody && aside === 0) {
        const tag = name === "h" ? headings.pop() : tagOf(name);
        if (tag !== undefined) html += `</${tag}>`;
      }
    },
  });
  return html;
}

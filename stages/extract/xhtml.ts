/**
 * XHTML as HTML: what XML writes otherwise than HTML, written as HTML means it (XML 1.0; HTML
 * standard, 13.1.2 and 14.1).
 *
 * @module
 */
import { Parser } from "htmlparser2";
import { VOID } from "./tags.ts";

/** Elements without text for readers; all but the default of a choice in a book (EPUB 3.0.1). */
const SKIPPED = new Set(["script", "style", "iframe", "noembed", "noframes", "epub:case"]);
/** Elements whose content HTML would not read as markup, and what is like them. */
const RENAMED: Readonly<Record<string, string>> = { plaintext: "pre", xmp: "pre", listing: "pre" };
/** Elements inside one another, from which on no page is read anyway. */
const MAX_DEPTH = 1000;
/** Characters read at once, so that a page that nests without end is left early. */
const CHUNK_CHARS = 64 * 1024;
/** Bounds on what the entities that a page defines stand for, each and all together. */
const MAX_ENTITY_CHARS = 1000;
const MAX_EXPANDED_CHARS = 2 ** 20;

const SUBSET_BEGINS = /<!DOCTYPE[^[<>]*\[/i;
const SUBSET_ENDS = /\]\s*>/;
const ENTITY = /<!ENTITY\s+([\w.-]+)\s+(?:"([^"]*)"|'([^']*)')\s*>/g;

/** The same page as HTML; as it is where its elements nest so deep that it is refused anyway. */
export function htmlOfXhtml(xhtml: string): string {
  const { subset, body } = divide(xhtml);
  const expand = expander(subset);
  let html = "<!doctype html>", text = "", skipped = 0, depth = 0;
  let isDeep = false, isCdata = false;
  // A piece of text may come in several, cut inside a reference.
  const endText = () => {
    html += isCdata ? escape(text) : expand(text);
    text = "";
  };
  const parser = new Parser({
    onopentag(name, attributes) {
      endText();
      isDeep ||= ++depth > MAX_DEPTH;
      if (skipped > 0 || SKIPPED.has(name) || SKIPPED.has(tagOf(name))) return void skipped++;
      html += `<${tagOf(name)}${written(attributes)}>`;
    },
    ontext(piece) {
      if (skipped === 0) text += piece;
    },
    onclosetag(name) {
      endText();
      depth--;
      if (skipped > 0) skipped--;
      else if (!VOID.has(tagOf(name))) html += `</${tagOf(name)}>`;
    },
    oncdatastart() {
      endText();
      isCdata = true;
    },
    oncdataend() {
      endText();
      isCdata = false;
    },
  }, { xmlMode: true, decodeEntities: false });
  for (let at = 0; at < body.length && !isDeep; at += CHUNK_CHARS) {
    parser.write(body.slice(at, at + CHUNK_CHARS));
  }
  if (isDeep) return xhtml;
  parser.end();
  endText();
  return html;
}

/** The declarations within the document type, and the page without them. */
function divide(xhtml: string): { subset: string; body: string } {
  const begin = SUBSET_BEGINS.exec(xhtml);
  const inside = begin === null ? "" : xhtml.slice(begin.index + begin[0].length);
  const end = SUBSET_ENDS.exec(inside);
  if (begin === null || end === null) return { subset: "", body: xhtml };
  const after = inside.slice(end.index + end[0].length);
  return { subset: inside.slice(0, end.index), body: xhtml.slice(0, begin.index) + after };
}

/** An element's name without the prefix of its namespace. */
function tagOf(name: string): string {
  const bare = name.slice(name.indexOf(":") + 1);
  return Object.hasOwn(RENAMED, bare) ? RENAMED[bare] ?? bare : bare;
}

function written(attributes: Readonly<Record<string, string>>): string {
  const { lang = attributes["xml:lang"], ...others } = attributes;
  return Object.entries({ ...others, ...(lang === undefined ? {} : { lang }) })
    .map(([name, value]) => ` ${name}="${value.replaceAll('"', "&quot;")}"`).join("");
}

const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** Puts in what entities stand for that a page defines itself. */
function expander(subset: string): (text: string) => string {
  const entities = new Map<string, string>();
  for (const [, name = "", double, single = ""] of subset.matchAll(ENTITY)) {
    const value = double ?? single;
    if (value.length <= MAX_ENTITY_CHARS) entities.set(name, value.replaceAll("<", "&lt;"));
  }
  if (entities.size === 0) return (text) => text;
  let left = MAX_EXPANDED_CHARS;
  return (text) =>
    text.replace(/&([\w.-]+);/g, (whole, name: string) => {
      const value = entities.get(name);
      if (value === undefined || value.length > left) return whole;
      left -= value.length;
      return value;
    });
}

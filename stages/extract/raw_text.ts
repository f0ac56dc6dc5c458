/**
 * Where text ends that is not read as markup (HTML standard, 13.2.5.2 to 13.2.5.4).
 *
 * @module
 */
import { hasName } from "./tag.ts";

/** What must follow the name in an end tag. */
const AFTER_NAME = /[\t\n\f\r />]/;

/**
 * The offset of the end tag of `name` at or after `from`, or the length of the page.
 *
 * @param name in lower case
 */
export function rawTextEnd(html: string, { from, name }: { from: number; name: string }): number {
  for (let at = html.indexOf("</", from); at !== -1; at = html.indexOf("</", at + 2)) {
    const after = at + 2 + name.length;
    if (hasName(html, at + 2, name) && AFTER_NAME.test(html.charAt(after))) return at;
  }
  return html.length;
}

/**
 * The same for a script, in which `<!--` makes it that an inner `<script>` must end before the
 * outer one can (13.2.5.15 to 13.2.5.31).
 */
export function scriptEnd(html: string, from: number): number {
  const end = rawTextEnd(html, { from, name: "script" });
  return html.slice(from, end).includes("<!--") ? escapedScriptEnd(html, from) : end;
}

function escapedScriptEnd(html: string, from: number): number {
  const mark = /<!--|-->|<\/?script(?=[\t\n\f\r />])/gi;
  mark.lastIndex = from;
  let state: "plain" | "escaped" | "twice" = "plain";
  for (let found = mark.exec(html); found !== null; found = mark.exec(html)) {
    const [text] = found;
    if (text === "<!--") {
      if (state === "plain") state = "escaped";
      // Its dashes may be those of the end: `<!-->`.
      mark.lastIndex -= 2;
    } else if (text === "-->") state = "plain";
    else if (text[1] !== "/") state = state === "escaped" ? "twice" : state;
    else if (state === "twice") state = "escaped";
    else return found.index;
  }
  return html.length;
}

/** Where a comment ends whose text begins at `from`: after its `>`; -1 where it never does. */
export function commentEnd(html: string, from: number): number {
  if (html[from] === ">") return from + 1;
  if (html.startsWith("->", from)) return from + 2;
  for (let at = html.indexOf("--", from); at !== -1; at = html.indexOf("--", at + 1)) {
    if (html[at + 2] === ">") return at + 3;
    if (html.startsWith("!>", at + 2)) return at + 4;
  }
  return -1;
}

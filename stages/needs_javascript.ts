/**
 * Tells a page that is empty because scripts are to fill it from one that has no text.
 *
 * @module
 */
import { Parser } from "htmlparser2";

/** Ids of the elements into which frameworks put a page: React, Vue, Next, Nuxt, Gatsby. */
const ROOT_IDS: ReadonlySet<string> = new Set(
  ["root", "app", "react-root", "__next", "__nuxt", "___gatsby"],
);
/** The element of Angular's first component, unless it was renamed. */
const ROOT_ELEMENT = "app-root";

/** Elements whose text nobody sees. */
const UNSEEN: ReadonlySet<string> = new Set(["script", "style", "template", "title", "noscript"]);

/** Characters that are no more than a name, a spinner's word and a line of rights. */
const MAX_SHELL_CHARS = 200;
/** Deeper nesting is no shell, and the parser's cost grows with it. */
const MAX_DEPTH = 256;

/**
 * Whether `html`, in which no text was found, waits for scripts: it has some and hardly anything to
 * be seen, and either an element for them to fill or a `noscript` that asks for JavaScript.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { needsJavascript } from "./needs_javascript.ts";
 * assert(needsJavascript(`<div id="root"></div><script src="/app.js"></script>`));
 * assert(!needsJavascript(`<nav>Home</nav><script src="/count.js"></script>`));
 * ```
 */
export function needsJavascript(html: string): boolean {
  let hasScript = false, hasRoot = false, asks = false;
  let seen = 0;
  let depth = 0, noscript = 0, unseen = 0;
  const isShell = () => seen <= MAX_SHELL_CHARS && depth <= MAX_DEPTH;
  const parser = new Parser({
    onopentag(name, { id, type = "" }) {
      if (++depth > MAX_DEPTH) return parser.pause();
      if (name === "script") hasScript ||= !/json/i.test(type);
      hasRoot ||= name === ROOT_ELEMENT || ROOT_IDS.has(id ?? "");
      if (UNSEEN.has(name)) unseen++;
      if (name === "noscript") noscript++;
    },
    ontext(text) {
      if (noscript > 0) asks ||= /javascript/i.test(text);
      if (unseen > 0) return;
      seen += text.replace(/\s+/g, "").length;
      if (!isShell()) parser.pause();
    },
    onclosetag(name) {
      depth--;
      if (name === "noscript") noscript--;
      if (UNSEEN.has(name)) unseen--;
    },
  });
  parser.write(html);
  if (isShell()) parser.end();
  return isShell() && hasScript && (hasRoot || asks);
}

/**
 * The playground: the page on which people try the model. It loads nothing from elsewhere.
 *
 * @module
 */
import type { Hono } from "hono";
import { html as markup } from "hono/html";
import type { SamplingSettings } from "../../model/checkpoint/mod.ts";
import theme from "../theme.css" with { type: "text" };
import answerCss from "./answer.css" with { type: "text" };
import chatCss from "./chat.css" with { type: "text" };
import chatHtml from "./chat.html" with { type: "text" };
import chatScript from "./chat.js" with { type: "text" };
import events from "./events.js" with { type: "text" };
import html from "./index.html" with { type: "text" };
import css from "./page.css" with { type: "text" };
import script from "./page.js" with { type: "text" };
import shades from "./shades.js" with { type: "text" };
import snippet from "./snippet.js" with { type: "text" };
import suggestions from "./suggestions.js" with { type: "text" };
import tokens from "./tokens.js" with { type: "text" };

/** Content-Security-Policy of a page that loads nothing from elsewhere and stands in no frame. */
export const PAGE_POLICY: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");
const POLICY = `${PAGE_POLICY}; require-trusted-types-for 'script'`;

const SCRIPT = "text/javascript; charset=utf-8";
const FILES: readonly (readonly [path: string, type: string, text: string])[] = [
  ["/page.css", "text/css; charset=utf-8", theme + css],
  ["/answer.css", "text/css; charset=utf-8", answerCss],
  ["/chat.css", "text/css; charset=utf-8", chatCss],
  ["/chat.js", SCRIPT, chatScript],
  ["/page.js", SCRIPT, script],
  ["/events.js", SCRIPT, events],
  ["/shades.js", SCRIPT, shades],
  ["/snippet.js", SCRIPT, snippet],
  ["/suggestions.js", SCRIPT, suggestions],
  ["/tokens.js", SCRIPT, tokens],
];

/** Where the page and what it loads lie. */
export const PAGE_PATHS: readonly string[] = ["/", "/chat", ...FILES.map(([path]) => path)];

/** What the page shows of what a server may have. */
export interface PageOptions {
  readonly hasDashboard: boolean;
  /** Whether it asks for an API key. */
  readonly needsKey: boolean;
  /** What its fields say of how tokens are drawn until somebody changes them. */
  readonly sampling: SamplingSettings;
  /** The `model` that its programs ask for; learned from the first text unless given. */
  readonly modelName?: string;
}

/** Adds the page to `app`. */
export function addPage(
  app: Hono,
  { hasDashboard, needsKey, sampling, modelName = "" }: PageOptions,
): void {
  const shownOn = (page: string) =>
    page.replace('data-model=""', () => String(markup`data-model="${modelName}"`))
      .replace('id="key-row" hidden', (row) => needsKey ? 'id="key-row"' : row)
      .replace(/\s*<a id="dashboard-link".*<\/a>/, (link) => hasDashboard ? link : "");
  const pages = [["/", shownOn(withValues(html, sampling))], ["/chat", shownOn(chatHtml)]] as const;
  for (const [path, shown] of pages) {
    app.get(path, (context) =>
      context.html(shown, 200, {
        "content-security-policy": POLICY,
        "referrer-policy": "no-referrer",
        "cache-control": "no-cache",
      }));
  }
  for (const [path, type, text] of FILES) {
    app.get(
      path,
      (context) => context.body(text, 200, { "content-type": type, "cache-control": "no-cache" }),
    );
  }
}

/** The page with the numbers by which tokens are drawn in its fields. */
function withValues(page: string, sampling: SamplingSettings): string {
  const { temperature = 1, topK = 0, topP = 1, minP = 0 } = sampling;
  const values = { temperature, top_k: topK, top_p: topP, min_p: minP };
  return Object.entries(values).reduce(
    (filled, [id, value]) => filled.replace(`id="${id}"`, `id="${id}" value="${value}"`),
    page,
  );
}

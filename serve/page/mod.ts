/**
 * The page on which people try the model. It loads nothing from elsewhere.
 *
 * @module
 */
import type { Hono } from "hono";
import html from "./index.html" with { type: "text" };
import css from "./page.css" with { type: "text" };
import script from "./page.js" with { type: "text" };

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const TAB = `<p><a href="dashboard/">Training</a></p>`;

/** Adds `/` and the two files it loads to `app`. */
export function addPage(app: Hono, { hasDashboard }: { hasDashboard: boolean }): void {
  const shown = hasDashboard ? html.replace("</h1>", `</h1>\n      ${TAB}`) : html;
  app.get("/", (context) => context.html(shown, 200, { "content-security-policy": POLICY }));
  app.get("/page.css", (context) => context.body(css, 200, { "content-type": "text/css" }));
  app.get(
    "/page.js",
    (context) => context.body(script, 200, { "content-type": "text/javascript" }),
  );
}

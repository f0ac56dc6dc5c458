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

/** Adds `/` and the two files it loads to `app`. */
export function addPage(app: Hono): void {
  app.get("/", (context) => context.html(html, 200, { "content-security-policy": POLICY }));
  app.get("/page.css", (context) => context.body(css, 200, { "content-type": "text/css" }));
  app.get(
    "/page.js",
    (context) => context.body(script, 200, { "content-type": "text/javascript" }),
  );
}

/**
 * report.html: what a run was and what came of it, on one page that needs nothing else. The text is
 * plain HTML; the pictures are drawn by the dashboard's own scripts from data inside the page.
 *
 * @module
 */
import { html, raw } from "hono/html";
import theme from "../theme.css" with { type: "text" };
import css from "./page/dashboard.css" with { type: "text" };
import pictures from "./page/pictures.js" with { type: "text" };
import reportScript from "./page/report.js" with { type: "text" };
import spheres from "./page/spheres.js" with { type: "text" };
import uplotCss from "uplot/dist/uPlot.min.css" with { type: "text" };
import uplot from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import type { RunHistory } from "./run_files.ts";

/** What a report says beyond the run's own files. */
export interface ReportParts {
  readonly name: string;
  readonly run: RunHistory;
  /** Facts about the corpus and the result, in the order they are shown. */
  readonly facts: readonly (readonly [term: string, value: string])[];
  /** Items dropped, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** A command that does the same again. */
  readonly reproduce: string;
}

/** Nothing may be loaded from anywhere. */
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; " +
  "img-src data:; base-uri 'none'; form-action 'none'";

/**
 * The page.
 *
 * @example
 * ```ts
 * import { readRun, renderReport } from "./mod.ts";
 * const run = await readRun({ name: "mine", dir: await Deno.makeTempDir() });
 * const page = renderReport({ name: "mine", run, facts: [], dropped: {}, reproduce: "" });
 * console.assert(page.startsWith("<!DOCTYPE html>"));
 * ```
 */
export function renderReport({ name, run, facts, dropped, reproduce }: ReportParts): string {
  const rows = (pairs: readonly (readonly [string, string])[]) =>
    pairs.map(([term, value]) =>
      html`
        <tr>
          <th scope="row">${term}</th>
          <td>${value}</td>
        </tr>
      `
    );
  const settings = Object.entries((run.settings ?? {}) as Record<string, unknown>)
    .map(([key, value]) =>
      [key, typeof value === "string" ? value : JSON.stringify(value)] as const
    );
  const drops = Object.entries(dropped).sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => [reason, String(count)] as const);
  // Inside a script only its end tag could end it.
  const data = JSON.stringify({ name, ...run }).replaceAll("<", "\\u003c");
  return String(html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="content-security-policy" content="${raw(POLICY)}">
        <title>${name}: report of a run</title>
        <style>${raw(uplotCss)}${raw(theme + css)}</style>
      </head>
      <body>
        <header><h1>${name}</h1><span class="muted">report of a run</span></header>
        <main>
          <section class="card" aria-labelledby="result">
            <div class="head">
              <h2 id="result">Result and corpus</h2>
            </div>
            <table>${rows(facts)}</table>
          </section>
          <section class="card" aria-labelledby="curves-title">
            <div class="head">
              <h2 id="curves-title">Curves</h2>
            </div>
            <div id="curves" class="curves"></div>
          </section>
          <section class="card" aria-labelledby="pipeline-title">
            <div
              class="head"><h2 id="pipeline-title">Pipeline</h2><span class="key"><i class="busy"></i>working <i class="waiting"></i>waiting for input <i class="blocked"></i>blocked by output</span></div>
            <ol id="pipeline" class="pipeline"></ol>
          </section>
          <section class="card" aria-labelledby="spheres-title">
            <div
              class="head"><h2 id="spheres-title">Spheres</h2><span class="key"><i class="busy"></i>computing <i class="waiting"></i>waiting</span></div>
            <div id="spheres" class="spheres"></div>
          </section>
          <section class="card"
            aria-labelledby="drops"><div class="head"><h2 id="drops">Dropped</h2></div>
            ${drops.length === 0
              ? html`<p class="muted">Nothing.</p>`
              : html`<table>${rows(drops)}</table>`}</section>
          <section class="card" aria-labelledby="samples-title">
            <h2 id="samples-title">Samples</h2>
            <div id="samples" class="samples"></div>
          </section>
          <section class="card" aria-labelledby="settings">
            <div class="head">
              <h2 id="settings">Settings</h2>
            </div>
            <table>${rows(settings)}</table>
          </section>
          <section class="card" aria-labelledby="again">
            <div class="head">
              <h2 id="again">The same again</h2>
            </div>
            <pre tabindex="0"><code>${reproduce}</code></pre>
            <p
              class="muted">Same settings and the same pages give the same weights, bit for bit on machines of one kind.</p>
          </section>
        </main>
        <script type="application/json" id="data">${raw(data)}</script>
        <script>${raw(uplot)}</script>
        <script>${raw(pictures)}</script>
        <script>${raw(spheres)}</script>
        <script>${raw(reportScript)}</script>
      </body>
    </html>
  `);
}

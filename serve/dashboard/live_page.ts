/**
 * The markup of the live page; dashboard.js fills it.
 *
 * @module
 */
import { html } from "hono/html";
import { curvesSection, runSections } from "./sections.ts";

const SCRIPTS = ["uplot", "pictures", "charts", "spheres", "dashboard"];

/** The page; it loads its parts from where it is. */
export const LIVE_PAGE: string = String(html`
  <!DOCTYPE html>
  <html lang="en">
    <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>cllm training</title>
      <link rel="icon" href="data:,">
      <link rel="stylesheet" href="uplot.css">
      <link rel="stylesheet" href="dashboard.css">
      <link rel="stylesheet" href="pictures.css">
      ${SCRIPTS.map((name) => html`<script src="${name}.js" defer></script>`)}
    </head>
    <body>
      <header>
        <h1>cllm</h1>
        <span id="run-name" class="muted"></span>
        <span id="choose" class="choose" hidden>
          <label for="run" class="muted">Run</label> <select id="run"></select>
        </span>
        <span id="phase" class="pill" role="status">connecting</span>
      </header>
      <main>
        <section aria-label="Now">
          <dl id="figures" class="figures"></dl>
          <div class="bar" id="progress" role="progressbar" aria-label="Steps done" aria-valuemin="0"
            aria-valuemax="100"><i></i></div>
        </section>
        ${curvesSection(html`
          <fieldset id="compare" hidden>
            <legend>Compare with</legend>
          </fieldset>
          <label>Smoothing
            <input id="smoothing" type="range" min="0" max="0.98" step="0.02" value="0.8"></label>
        `)} ${runSections()}
      </main>
    </body>
  </html>
`).trim();

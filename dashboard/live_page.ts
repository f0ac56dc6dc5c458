/**
 * The markup of the live page; dashboard.js fills it.
 *
 * @module
 */
import { html } from "hono/html";
import { LIVE_SCRIPTS, STYLES } from "./page_files.ts";
import { curvesSection, runSections, section } from "./sections.ts";

/** The page; its resources have relative addresses. */
export const LIVE_PAGE: string = String(html`
  <!DOCTYPE html>
  <html lang="en">
    <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>cllm training</title>
      <link rel="icon" href="data:,">
      ${STYLES.map(([name]) => html`<link rel="stylesheet" href="${name}">`)}
      ${LIVE_SCRIPTS.map(([name]) => html`<script src="${name}" defer></script>`)}
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
          <div class="bar" id="progress" role="progressbar" aria-label="Progress" aria-valuemin="0"
            aria-valuemax="100" hidden><i></i></div>
          <p id="progress-text" class="muted" hidden></p>
          <dl id="facts" class="facts"></dl>
        </section>
        ${curvesSection(html`
          <fieldset id="compare" hidden>
            <legend>Compare with</legend>
          </fieldset>
          <label>Smoothing
            <input id="smoothing" type="range" min="0" max="0.98" step="0.02" value="0.8"></label>
        `)} ${section({
          id: "comparison",
          title: "Comparison",
          body: html`<div id="comparison" class="tables"></div>`,
        })} ${section({
          id: "nodes",
          title: "Nodes",
          body: html`<div id="nodes" class="tables"></div>`,
        })} ${runSections({ isLive: true })}
      </main>
    </body>
  </html>
`).trim();

/**
 * report.html: a run and its results on one self-contained page. The text is plain HTML; the
 * dashboard's scripts draw the charts from data inside the page.
 *
 * @module
 */
import { html, raw } from "hono/html";
import { conclude, type ReportCourse, type ReportVerdict } from "./conclusion.ts";
import { REPORT_SCRIPTS, STYLES } from "./page_files.ts";
import type { RunHistory } from "./run_files.ts";
import { curvesSection, type Markup, runSections, section } from "./sections.ts";

/** Contents of a report beyond the run's files. */
export interface ReportParts {
  readonly name: string;
  readonly run: RunHistory;
  /** Facts about the corpus and the result, in the order they are shown. */
  readonly facts: readonly (readonly [term: string, value: string])[];
  /** Items dropped, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Command that reproduces the run. */
  readonly reproduce: string;
  /** Command that serves the model. */
  readonly serve: string;
  readonly verdict?: ReportVerdict;
  readonly course?: ReportCourse;
}

/** Forbids loading anything. */
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; " +
  "img-src data:; base-uri 'none'; form-action 'none'";

/**
 * The page.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { readRun, renderReport } from "./mod.ts";
 * const run = await readRun({ name: "mine", dir: await Deno.makeTempDir() });
 * const page = renderReport({ name: "mine", run, facts: [], dropped: {}, reproduce: "", serve: "" });
 * assert(page.startsWith("<!DOCTYPE html>"));
 * ```
 */
export function renderReport(parts: ReportParts): string {
  const { name, run, facts, dropped, reproduce, serve, verdict, course } = parts;
  const drops = Object.entries(dropped).sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => [reason, count.toLocaleString("en")] as const);
  const data = inScript({ name, ...run });
  return String(html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="content-security-policy" content="${raw(POLICY)}">
        <title>${name}: report of a run</title>
        <style>${STYLES.map(([, text]) => raw(text))}</style>
      </head>
      <body>
        <header>
          <h1>${name}</h1>
          <span class="muted">report of a run${endOf(run)}</span>
        </header>
        <main>
          ${section({
            id: "conclusion",
            title: "Conclusion",
            body: html`
              <div class="conclusion">
                ${conclude(run, verdict, course).map((sentence) => html`<p>${sentence}</p>`)}
                <p>Try it: <code>${serve}</code></p>
              </div>
              ${list(facts)}
            `,
          })} ${curvesSection()} ${runSections({ isLive: false })}
          ${section({
            id: "drops",
            title: "Dropped",
            body: drops.length === 0 ? html`<p class="muted">Nothing.</p>` : list(drops),
          })} ${section({
            id: "settings",
            title: "Settings",
            body: list(describeSettings(run.settings)),
          })} ${section({
            id: "again",
            title: "The same again",
            body: html`
              <pre tabindex="0"><code>${reproduce}</code></pre>
              <p class="muted">
                ${repetition(run.settings)}
              </p>
            `,
          })}
        </main>
        ${raw(taskRows(run.tasks))}
        <script type="application/json" id="data">${raw(data)}</script>
        ${REPORT_SCRIPTS.map(([, script]) => html`<script>${raw(script)}</script>`)}
      </body>
    </html>
  `).trim();
}

/** JSON for a script, inside which only an end tag needs escaping. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

const TASK_ROWS = '<script type="application/json" id="task-rows">';

function taskRows(rows: readonly unknown[]): string {
  return `${TASK_ROWS}${inScript(rows)}</script>`;
}

/** The page with other rows of scores; undefined where it is of a time that had none. */
export function withTasks(page: string, rows: readonly unknown[]): string | undefined {
  const start = page.indexOf(TASK_ROWS);
  if (start < 0) return undefined;
  const end = page.indexOf("</script>", start) + "</script>".length;
  return page.slice(0, start) + taskRows(rows) + page.slice(end);
}

function list(pairs: readonly (readonly [term: string, value: string])[]): Markup {
  return html`<dl class="facts">${
    pairs.map(([term, value]) =>
      html`
        <div>
          <dt>${term}</dt>
          <dd>${value}</dd>
        </div>
      `
    )
  }</dl>`;
}

/** `, ended 2030-01-02 03:04 UTC`, or nothing. */
function endOf({ last }: RunHistory): string {
  const time = (last as { readonly time?: string } | null)?.time;
  return time === undefined ? "" : `, ended ${time.slice(0, 16).replace("T", " ")} UTC`;
}

/** Whether the command gives the same weights again. */
function repetition(settings: unknown): string {
  const { seconds = 0, forced = [] } = (settings ?? {}) as {
    seconds?: number;
    forced?: readonly { readonly step: number }[];
  };
  if (forced.length > 0) {
    const steps = [...new Set(forced.map(({ step }) => step))].join(", ");
    return `Settings were changed with --force at step ${steps}: the command has the last ones, ` +
      "which give other weights from the first step on.";
  }
  return seconds > 0
    ? "The clock decides how many steps there are: the same command gives other weights each time."
    : "Same settings and the same pages give the same weights, bit for bit on machines of one kind.";
}

function describeSettings(settings: unknown): [string, string][] {
  const { limits, ...others } = (settings ?? {}) as Record<string, unknown>;
  const isFiltered = Array.isArray(others.filters) && others.filters.length > 0;
  return Object.entries({ ...others, ...(isFiltered && { limits }) }).flatMap(([key, value]) => {
    const isNothing = value === "" || value === false || value === 0 && key !== "seed" ||
      (Array.isArray(value) && value.length === 0);
    if (isNothing) return [];
    const words = key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    const isPlain = Array.isArray(value) && value.every((each) => typeof each !== "object");
    const text = value === true
      ? "yes"
      : isPlain
      ? value.join(" ")
      : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);
    return [[words, text] as [string, string]];
  });
}

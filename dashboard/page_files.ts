/**
 * The files that the live page loads and the report embeds.
 *
 * @module
 */
import charts from "./page/charts.js" with { type: "text" };
import compare from "./page/compare.js" with { type: "text" };
import css from "./page/dashboard.css" with { type: "text" };
import curves from "./page/curves.js" with { type: "text" };
import curvesCss from "./page/curves.css" with { type: "text" };
import elements from "./page/elements.js" with { type: "text" };
import figures from "./page/figures.js" with { type: "text" };
import live from "./page/dashboard.js" with { type: "text" };
import nodes from "./page/nodes.js" with { type: "text" };
import phases from "./page/phases.js" with { type: "text" };
import picturesCss from "./page/pictures.css" with { type: "text" };
import pipeline from "./page/pipeline.js" with { type: "text" };
import report from "./page/report.js" with { type: "text" };
import samples from "./page/samples.js" with { type: "text" };
import spheres from "./page/spheres.js" with { type: "text" };
import tasks from "./page/tasks.js" with { type: "text" };
import zoom from "./page/zoom.js" with { type: "text" };
import uplotCss from "uplot/dist/uPlot.min.css" with { type: "text" };
import uplot from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import theme from "../serve/theme.css" with { type: "text" };

/** A file by the name that the live page loads it under. */
export type PageFile = readonly [name: string, text: string];

/** In loading order. */
export const STYLES: readonly PageFile[] = [
  ["uplot.css", uplotCss],
  ["dashboard.css", theme + css],
  ["curves.css", curvesCss],
  ["pictures.css", picturesCss],
];

const PICTURES: readonly PageFile[] = [
  ["uplot.js", uplot],
  ["elements.js", elements],
  ["zoom.js", zoom],
  ["charts.js", charts],
  ["curves.js", curves],
  ["phases.js", phases],
  ["pipeline.js", pipeline],
  ["spheres.js", spheres],
  ["samples.js", samples],
  ["tasks.js", tasks],
];

/** Scripts of the live page, the last of which begins. */
export const LIVE_SCRIPTS: readonly PageFile[] = [
  ...PICTURES,
  ["figures.js", figures],
  ["compare.js", compare],
  ["nodes.js", nodes],
  ["dashboard.js", live],
];

/** Scripts of the report. */
export const REPORT_SCRIPTS: readonly PageFile[] = [...PICTURES, ["report.js", report]];

// Curves over the steps, of one run or of several, each with a legend that tells its values: those
// under the pointer, and otherwise the last ones.
"use strict";

const CHARTS = [
  { key: "loss", title: "Loss", unit: "nats a token", format: (v) => v.toFixed(4) },
  { key: "learningRate", title: "Learning rate", unit: "", format: (v) => v.toExponential(2) },
  { key: "gradNorm", title: "Gradient norm", unit: "before clipping", format: (v) => v.toFixed(3) },
  { key: "tokensPerSecond", title: "Throughput", unit: "tokens a second", format: short },
];
/** Of the runs in the order of comparing; dashes tell them apart without colour. */
const HUES = ["busy", "accent", "violet", "ink", "muted"];
const DASHES = [undefined, [8, 4], [2, 3], [10, 3, 2, 3], [5, 5]];
/** Where the time of a step goes, in the order in which it passes. */
const PHASES = [
  { key: "dataMs", label: "waiting for a batch", hue: "waiting" },
  { key: "forwardBackwardMs", label: "forward, backward", hue: "busy" },
  { key: "updateMs", label: "optimizer", hue: "accent" },
  { key: "validationMs", label: "validation", hue: "blocked" },
];
const FONT = "12px system-ui, sans-serif";
const HEIGHT = 220;
/** Steps are whole: no ticks between them. */
const STEP_TICKS = Array.from({ length: 10 }, (_, i) => [1, 2, 5].map((n) => n * 10 ** i)).flat();
/** So few points that a line alone might not show. */
const FEW = 12;

/** Exponential mean with the bias of its start taken out. */
function smoothed(values, weight) {
  let [sum, norm] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    sum = weight * sum + (1 - weight) * value;
    norm = weight * norm + (1 - weight);
    return sum / norm;
  });
}

/** The lines of a chart over several runs. */
function linesOf({ key, format }, runs, smoothing) {
  const lines = [];
  runs.forEach(({ name, curves }, i) => {
    const label = (word) => runs.length > 1 ? `${word} of ${name}` : word;
    const hue = HUES[i % HUES.length];
    const common = { format, xs: curves.steps, dash: DASHES[i % DASHES.length], width: 2 };
    const isNoisy = key !== "learningRate";
    if (isNoisy && i === 0) {
      lines.push({ ...common, label: label("raw"), hue: "waiting", width: 1, ys: curves[key] });
    }
    lines.push({
      ...{ ...common, hue, label: label(isNoisy ? "smoothed" : "rate") },
      ys: isNoisy ? smoothed(curves[key], smoothing) : curves[key],
    });
    if (key === "loss" && curves.validationSteps.length > 0) {
      lines.push({
        ...{ ...common, label: label("validation"), hue: runs.length > 1 ? hue : "blocked" },
        ...{ xs: curves.validationSteps, ys: curves.validationLoss, marked: true },
      });
    }
  });
  return lines;
}

/** The value at or before `index`. */
function lastAt(values, index) {
  for (let i = index; i >= 0; i--) if (typeof values[i] === "number") return values[i];
  return null;
}

/** A piece of a line as it is drawn. */
function swatch({ hue, dash, width }) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  const attributes = { x1: 0, y1: 4, x2: 20, y2: 4, stroke: color(hue), "stroke-width": width + 1 };
  for (const [name, value] of Object.entries(attributes)) line.setAttribute(name, String(value));
  if (dash) line.setAttribute("stroke-dasharray", dash.join(" "));
  svg.setAttribute("viewBox", "0 0 20 8");
  svg.setAttribute("aria-hidden", "true");
  svg.append(line);
  return svg;
}

/** Draws `lines` under `title` into `host`; what is the same as before is kept. */
function drawChart(host, { title, unit }, lines) {
  const data = uPlot.join(lines.map(({ xs, ys }) => [xs, ys]));
  const size = { width: Math.max(200, host.clientWidth), height: HEIGHT };
  const shape = JSON.stringify([
    lines.map(({ label, hue }) => [label, hue]),
    matchMedia("(prefers-color-scheme: dark)").matches,
    data[0].length <= FEW,
  ]);
  const tell = (index) => {
    const at = index ?? data[0].length - 1;
    host.values.forEach((element, i) => {
      const value = i === 0 ? data[0][at] : lastAt(data[i], at);
      const { format = count } = lines[i - 1] ?? {};
      element.textContent = value === null || value === undefined ? "–" : format(value);
    });
  };
  if (host.shape === shape) {
    host.tell = tell;
    host.plot.setData(data);
    if (host.plot.width !== size.width) host.plot.setSize(size);
    tell(host.plot.cursor.idx);
    return;
  }
  host.plot?.destroy();
  const heading = make("h3", { text: title });
  if (unit) heading.append(make("span", { className: "muted", text: ` ${unit}` }));
  const entry = (children) => {
    const value = make("b");
    return { value, item: make("li", {}, [...children, value]) };
  };
  const entries = [
    entry([make("span", { text: "step" })]),
    ...lines.map((line) =>
      entry([swatch(line), make("span", { text: line.label, title: line.label })])
    ),
  ];
  const canvas = make("div");
  host.values = entries.map(({ value }) => value);
  host.tell = tell;
  host.replaceChildren(
    heading,
    canvas,
    make("ul", { className: "legend" }, entries.map(({ item }) => item)),
  );
  const axis = {
    ...{ stroke: color("muted"), font: FONT, labelFont: FONT },
    grid: { stroke: color("line"), width: 1 },
    ticks: { stroke: color("line"), width: 1, size: 4 },
  };
  host.plot = new uPlot(
    {
      ...size,
      scales: { x: { time: false } },
      legend: { show: false },
      series: [
        {},
        ...lines.map(({ hue, dash, width, marked }) => ({
          ...{ stroke: color(hue), width, spanGaps: true, ...(dash && { dash }) },
          points: { show: marked || data[0].length <= FEW, size: 6, fill: color("card") },
        })),
      ],
      axes: [
        { ...axis, size: 28, incrs: STEP_TICKS, label: "step", labelSize: 16, labelGap: 0 },
        { ...axis, size: 52, values: (_, ticks) => ticks.map(tick) },
      ],
      cursor: { y: false, drag: { x: true, y: false } },
      hooks: { setCursor: [(plot) => host.tell(plot.cursor.idx)] },
    },
    data,
    canvas,
  );
  host.shape = shape;
  canvas.querySelector("canvas").setAttribute("aria-hidden", "true");
  tell();
}

/** Thousands short, small numbers as they are. */
function tick(value) {
  const [text, unit] = Math.abs(value) >= 1000 ? [value / 1000, "k"] : [value, ""];
  return String(Number(text.toPrecision(3))) + unit;
}

/** `host` with `wanted` children, whatever it held. */
function places(host, wanted) {
  if (host.querySelectorAll(":scope > div").length !== wanted) {
    host.replaceChildren(...Array.from({ length: wanted }, () => make("div")));
  }
  return [...host.children];
}

/** Draws the four charts of `runs`, `{ name, curves }`, into `host`. */
function drawCurves(host, runs, { smoothing }) {
  if (runs.every(({ curves }) => curves.steps.length === 0)) {
    host.replaceChildren(nothing("They begin with the first step."));
    return;
  }
  const elements = places(host, CHARTS.length);
  CHARTS.forEach((chart, i) => drawChart(elements[i], chart, linesOf(chart, runs, smoothing)));
}

/** Draws where the time of a run's steps went: over the steps, and on the whole. */
function drawPhases(host, { curves, last }) {
  if (!PHASES.some(({ key }) => curves[key].some((ms) => ms !== null))) {
    host.replaceChildren(nothing("It is measured from the first step on."));
    return;
  }
  const [chart, whole] = places(host, 2);
  const format = (ms) => `${ms.toFixed(1)} ms`;
  drawChart(
    chart,
    { title: "By phase", unit: "ms, without validation" },
    PHASES.slice(0, -1).map(({ key, label, hue }, i) => ({
      ...{ label, hue, format, width: 2, xs: curves.steps, ys: curves[key] },
      dash: DASHES[i],
    })),
  );
  const means = PHASES.map(({ key }) => {
    const known = curves[key].filter((ms) => ms !== null);
    return known.reduce((sum, ms) => sum + ms, 0) / (known.length || 1);
  });
  const total = means.reduce((sum, ms) => sum + ms, 0) || 1;
  const bar = make("div", { className: "time tall" });
  bar.setAttribute("role", "img");
  bar.setAttribute(
    "aria-label",
    PHASES.map(({ label }, i) => `${label} ${percent(means[i] / total)}`).join(", "),
  );
  bar.append(...PHASES.map(({ hue }, i) => {
    const part = make("i", { className: hue });
    part.style.width = `${100 * means[i] / total}%`;
    return part;
  }));
  const row = (cells, name) =>
    make(
      "tr",
      {},
      cells.map((text) => make(name, { text, ...(name === "th" && { scope: "col" }) })),
    );
  whole.replaceChildren(
    make("h3", {}, ["All steps ", make("span", { className: "muted", text: "mean of a step" })]),
    bar,
    make("table", {}, [
      make("thead", {}, [row(["phase", "last step", "mean", "share"], "th")]),
      make(
        "tbody",
        {},
        PHASES.map(({ key, label, hue }, i) => {
          const ms = last?.[key];
          const cells = row(
            [
              label,
              typeof ms === "number" ? format(ms) : "–",
              format(means[i]),
              percent(means[i] / total),
            ],
            "td",
          );
          cells.firstElementChild.prepend(make("i", { className: `key ${hue}` }));
          return cells;
        }),
      ),
    ]),
  );
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

Object.assign(globalThis, { drawCurves, drawPhases, percent });

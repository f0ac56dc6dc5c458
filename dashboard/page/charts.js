// One chart with a legend of its values: those under the pointer, or else the last.
"use strict";

const FONT = "12px system-ui, sans-serif";
const HEIGHT = 220;
/** Up to this many points are drawn as dots, since a line might be invisible. */
const FEW = 12;
const DECADES = Array.from({ length: 10 }, (_, i) => [1, 2, 5].map((n) => n * 10 ** i)).flat();
const MINUTE = 60, HOUR = 3600;
/** Axes of a chart. Steps and tokens are integers, so no ticks in between. */
const AXES = {
  step: { label: "step", incrs: DECADES, tick, format: count },
  tokens: { label: "tokens trained", incrs: DECADES, tick, format: short },
  time: {
    label: "training time",
    incrs: [
      ...[1, 2, 5, 10, 15, 30],
      ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
      ...[1, 2, 4, 8, 24, 48, 96].map((n) => n * HOUR),
    ],
    tick: (seconds) => duration(1000 * seconds),
    format: (seconds) => duration(1000 * seconds),
  },
};

/** Abbreviates thousands and millions, leaves small numbers. */
function tick(value) {
  const size = Math.abs(value);
  const [text, unit] = size >= 1e6 ? [value / 1e6, "M"] : size >= 1e3 ? [value / 1e3, "k"] : [
    value,
    "",
  ];
  return String(Number(text.toPrecision(3))) + unit;
}

/** A segment of a line as drawn. */
function swatch({ hue, dash, width, marked }) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const add = (name, attributes) => {
    const element = document.createElementNS(svg.namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    svg.append(element);
    return element;
  };
  const stroke = color(hue);
  const line = add("line", { x1: 0, y1: 4, x2: 24, y2: 4, stroke, "stroke-width": width + 1 });
  if (dash) line.setAttribute("stroke-dasharray", dash.join(" "));
  if (marked) {
    add("circle", { cx: 12, cy: 4, r: 3, stroke, "stroke-width": 1.5, fill: color("card") });
  }
  svg.setAttribute("viewBox", "0 0 24 8");
  svg.setAttribute("aria-hidden", "true");
  return svg;
}

/** The value of a line at or before `at` on the axis; none beyond the end of its run. */
function valueAt({ xs, ys, end = xs.at(-1) }, at) {
  if (at > end) return null;
  for (let i = xs.length - 1; i >= 0; i--) {
    if (xs[i] <= at && typeof ys[i] === "number") return ys[i];
  }
  return null;
}

/** Shows the values at `index`, or the last of each line, in the legend. */
function tellValues(host, { data, lines, axis }, index) {
  const at = index === null || index === undefined ? undefined : data[0][index];
  const ends = lines.map(({ xs, end = xs.at(-1) }) => end);
  const isOneEnd = ends.every((end) => end === ends[0]);
  const [place, ...values] = host.values;
  place.textContent = at !== undefined
    ? axis.format(at)
    : isOneEnd && ends[0] !== undefined
    ? axis.format(ends[0])
    : "end of each run";
  values.forEach((element, i) => {
    const line = lines[i];
    const value = valueAt(line, at ?? line.end ?? line.xs.at(-1));
    element.textContent = value === null ? "–" : line.format(value);
  });
}

/** Draws `lines` under `title` into `host`; keeps unchanged parts. */
function drawChart(host, { title, unit, axis }, lines) {
  const data = uPlot.join(lines.map(({ xs, ys }) => [xs, ys]));
  const size = { width: Math.max(200, host.clientWidth), height: HEIGHT };
  const shape = JSON.stringify([
    lines.map(({ label, hue, dash }) => [label, hue, dash]),
    axis.label,
    matchMedia("(prefers-color-scheme: dark)").matches,
    data[0].length <= FEW,
  ]);
  host.tell = (index) => tellValues(host, { data, lines, axis }, index);
  if (host.shape === shape) {
    showData(host.plot, data);
    if (host.plot.width !== size.width) host.plot.setSize(size);
    host.tell(host.plot.cursor.idx);
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
    entry([make("span", { text: axis.label })]),
    ...lines.map((line) =>
      entry([swatch(line), make("span", { text: line.label, title: line.label })])
    ),
  ];
  const canvas = make("div", { className: "canvas", tabIndex: 0 });
  canvas.setAttribute("role", "group");
  canvas.setAttribute(
    "aria-label",
    `${title}: arrow keys move, plus and minus zoom, Escape resets`,
  );
  const legend = make("ul", { className: "legend" }, entries.map(({ item }) => item));
  host.values = entries.map(({ value }) => value);
  host.replaceChildren(heading, canvas, legend);
  const style = {
    stroke: color("muted"),
    font: FONT,
    labelFont: FONT,
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
          stroke: color(hue),
          width,
          spanGaps: true,
          ...(dash && { dash }),
          points: { show: marked || data[0].length <= FEW, size: 6, fill: color("card") },
        })),
      ],
      axes: [
        {
          ...style,
          size: 28,
          incrs: axis.incrs,
          label: axis.label,
          labelSize: 16,
          labelGap: 0,
          values: (_, ticks) => ticks.map(axis.tick),
        },
        { ...style, size: 52, values: (_, ticks) => ticks.map(tick) },
      ],
      cursor: { y: false, ...ZOOM_CURSOR },
      hooks: {
        setCursor: [(plot) => host.tell(plot.cursor.idx)],
        setSelect: [zoomToSelection],
      },
    },
    data,
    canvas,
  );
  host.shape = shape;
  canvas.querySelector("canvas").setAttribute("aria-hidden", "true");
  addZoom(host, { heading, canvas, legend });
  host.tell();
}

/** Gives `host` exactly `wanted` children. */
function places(host, wanted) {
  if (host.querySelectorAll(":scope > div").length !== wanted) {
    host.replaceChildren(...Array.from({ length: wanted }, () => make("div")));
  }
  return [...host.children];
}

Object.assign(globalThis, { AXES, drawChart, places });

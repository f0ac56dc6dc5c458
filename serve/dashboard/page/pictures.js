// Pictures of a run, shared by the live page and the report: they take data and draw, nothing else.
"use strict";

/** An element with text or children; styles are set by the caller, as the policy forbids attributes. */
function make(name, { text, ...properties } = {}, children = []) {
  const element = Object.assign(document.createElement(name), properties);
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}

/** `12.3k` for 12,345: at most three digits. */
function short(count) {
  if (count === null || count === undefined || !Number.isFinite(count)) return "–";
  for (const unit of ["", "k", "M", "G"]) {
    if (Math.abs(count) < 999.5) {
      return (unit ? count.toPrecision(3) : String(Math.round(count))) + unit;
    }
    count /= 1000;
  }
  return count.toFixed(0) + "T";
}

/** `1:04:07` */
function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = `${m}:${String(s).padStart(2, "0")}`;
  return h > 0 ? `${h}:${tail.padStart(5, "0")}` : tail;
}

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

const color = (name) => {
  // A probe resolves light-dark() to the colour in use.
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
};

const CHARTS = [
  { key: "loss", title: "Loss, nats a token", format: (v) => v.toFixed(4) },
  { key: "learningRate", title: "Learning rate", format: (v) => v.toExponential(2) },
  { key: "gradNorm", title: "Gradient norm", format: (v) => v.toFixed(3) },
  { key: "tokensPerSecond", title: "Throughput, tokens a second", format: short },
];
/** Of the runs in the order of comparing; dashes tell them apart without colour. */
const HUES = ["busy", "accent", "ink", "muted"];
const DASHES = [undefined, [8, 4], [2, 3], [10, 3, 2, 3], [5, 5]];

/** Columns and series of one chart over several runs. */
function chartOf({ key, format }, runs, smoothing) {
  const tables = [];
  const series = [{ label: "step" }];
  const value = (_, v) => v === null || v === undefined ? "–" : format(v);
  runs.forEach(({ name, curves }, i) => {
    const label = (word) => runs.length > 1 ? `${name} ${word}` : word;
    const common = {
      value,
      spanGaps: true,
      points: { show: false },
      dash: DASHES[i % DASHES.length],
    };
    const isNoisy = key !== "learningRate";
    if (isNoisy && i === 0) {
      tables.push([curves.steps, curves[key]]);
      series.push({ ...common, label: label("raw"), stroke: color("waiting"), width: 1 });
    }
    tables.push([curves.steps, isNoisy ? smoothed(curves[key], smoothing) : curves[key]]);
    series.push({
      ...common,
      label: label(isNoisy ? "smoothed" : "rate"),
      stroke: color(HUES[i % HUES.length]),
      width: 2,
    });
    if (key === "loss" && curves.validationSteps.length > 0) {
      tables.push([curves.validationSteps, curves.validationLoss]);
      series.push({
        ...common,
        label: label("validation"),
        stroke: color("blocked"),
        width: 2,
        points: { show: true, size: 6, fill: color("card") },
      });
    }
  });
  return { series, data: uPlot.join(tables) };
}

/** Draws the four charts of `runs`, `{ name, curves }`, into `host`. */
function drawCurves(host, runs, { smoothing }) {
  const width = (element) => Math.max(200, element.clientWidth);
  if (host.children.length === 0) {
    host.append(...CHARTS.map(({ title }) => make("div", {}, [make("h3", { text: title })])));
  }
  CHARTS.forEach((chart, i) => {
    const element = host.children[i];
    const { series, data } = chartOf(chart, runs, smoothing);
    const shape = series.map(({ label }) => label).join() +
      matchMedia("(prefers-color-scheme: dark)").matches;
    const size = { width: width(element), height: 220 };
    if (element.shape !== shape) {
      element.plot?.destroy();
      const axis = {
        stroke: color("muted"),
        grid: { stroke: color("line"), width: 1 },
        ticks: { stroke: color("line"), width: 1 },
      };
      element.plot = new uPlot(
        {
          ...size,
          scales: { x: { time: false } },
          series,
          axes: [axis, {
            ...axis,
            size: 56,
            values: (_, ticks) => ticks.map(short2),
          }],
          cursor: { y: false, drag: { x: true, y: false } },
        },
        data,
        element,
      );
      element.shape = shape;
    } else {
      element.plot.setData(data);
      if (element.plot.width !== size.width) element.plot.setSize(size);
    }
    element.querySelector("canvas").setAttribute("aria-hidden", "true");
  });
}

/** Ticks: whole thousands short, small numbers as they are. */
function short2(value) {
  return Math.abs(value) >= 1000 ? short(value) : String(Number(value.toPrecision(3)));
}

/** Draws the stages; `before` are the counts some time ago, for what flows now. */
function drawPipeline(host, { stages, bottleneck }, before = { stages: [] }, seconds = 0) {
  host.replaceChildren(...stages.map((stage) => {
    const earlier = before.stages.find(({ name }) => name === stage.name);
    const flow = earlier && seconds > 0 ? (stage.itemsOut - earlier.itemsOut) / seconds : undefined;
    const title = make("div", { className: "title" }, [make("h3", { text: stage.name })]);
    if (stage.name === bottleneck) title.append(make("b", { text: "bottleneck" }));
    const item = make("li", { className: stage.name === bottleneck ? "bottleneck" : "" }, [
      title,
      make("p", { text: `${short(stage.itemsIn)} in, ${short(stage.itemsOut)} out` }),
    ]);
    if (flow !== undefined) {
      item.append(
        make("p", { className: "muted", text: `${flow.toFixed(flow < 10 ? 1 : 0)} a second` }),
      );
    }
    if (stage.queueFill !== undefined) {
      const percent = Math.round(100 * stage.queueFill);
      item.append(
        make("p", { className: "muted", text: `queue ${percent} % full` }),
        meterBar(percent, `${stage.name} queue`),
      );
    }
    item.append(timeBar(stage));
    const drops = Object.entries(stage.dropped).sort(([, a], [, b]) => b - a);
    if (drops.length > 0) {
      item.append(
        make(
          "ul",
          {},
          drops.map(([reason, count]) =>
            make("li", { text: `${short(count)} dropped: ${reason}` })
          ),
        ),
      );
    }
    return item;
  }));
}

function meterBar(percent, label) {
  const fill = make("i");
  fill.style.width = `${percent}%`;
  const bar = make("div", { className: "bar" }, [fill]);
  bar.setAttribute("role", "meter");
  bar.setAttribute("aria-label", label);
  bar.setAttribute("aria-valuenow", String(percent));
  bar.setAttribute("aria-valuemin", "0");
  bar.setAttribute("aria-valuemax", "100");
  return bar;
}

function timeBar({ name, busyMs, waitingInputMs, blockedOutputMs }) {
  const total = busyMs + waitingInputMs + blockedOutputMs || 1;
  const parts = [["busy", busyMs], ["waiting", waitingInputMs], ["blocked", blockedOutputMs]];
  const bar = make(
    "div",
    { className: "time" },
    parts.map(([className, ms]) => {
      const part = make("i", { className });
      part.style.width = `${100 * ms / total}%`;
      return part;
    }),
  );
  bar.setAttribute("role", "img");
  const shares = parts.map(([word, ms]) => `${word} ${Math.round(100 * ms / total)} %`);
  bar.setAttribute("aria-label", `${name}: ${shares.join(", ")}`);
  bar.title = shares.join(", ");
  return bar;
}

/** Draws what the model wrote as it learned, the newest first. */
function drawSamples(host, samples) {
  if (samples.length === 0) {
    host.replaceChildren(
      make("p", {
        className: "muted",
        text: "The first sample comes with the first checkpoint, if training goes on.",
      }),
    );
    return;
  }
  host.replaceChildren(
    ...[...samples].reverse().map(({ step, samples: texts }) =>
      make("article", {}, [
        make("h3", { text: `Step ${step}` }),
        ...texts.map(({ prompt, continuation }) =>
          make("p", {}, [make("mark", { text: prompt }), continuation.replace(/\s+/g, " ")])
        ),
      ])
    ),
  );
}

// Classic scripts share them: the report holds its scripts inside the page.
Object.assign(globalThis, { color, drawCurves, drawPipeline, drawSamples, duration, make, short });

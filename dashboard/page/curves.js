// The curves of one run or of several along a common axis.
"use strict";

const CHARTS = [
  { key: "loss", title: "Loss", unit: "nats per token", format: (v) => v.toFixed(4) },
  { key: "learningRate", title: "Learning rate", unit: "", format: (v) => v.toExponential(2) },
  { key: "gradNorm", title: "Gradient norm", unit: "before clipping", format: (v) => v.toFixed(3) },
  { key: "tokensPerSecond", title: "Throughput", unit: "tokens per second", format: short },
];
/** Number of colour pairs in the style sheet, run-1 to run-5: for steps and for validation. */
const HUES = 5;
/** Colours of the runs in the order of selection; they repeat after the last. */
const DASHES = [undefined, [8, 4], [2, 3], [10, 3, 2, 3]];
/** Columns of each axis, for steps and for validations, and its unit. */
const COLUMNS_OF = {
  step: { steps: "steps", validations: "validationSteps", unit: 1 },
  tokens: { steps: "totalTokens", validations: "validationTokens", unit: 1 },
  time: { steps: "elapsedMs", validations: "validationElapsedMs", unit: 1000 },
};

/** Exponential moving average with bias correction. */
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
function linesOf({ key, format }, runs, { smoothing, axis }) {
  const { steps, validations, unit } = COLUMNS_OF[axis];
  const lines = [];
  runs.forEach(({ name, curves }, i) => {
    if (curves.steps.length === 0) return;
    const label = (word) => runs.length > 1 ? `${word} of ${name}` : word;
    const hue = `run-${i % HUES + 1}`;
    const xs = curves[steps].map((x) => x / unit);
    const dash = DASHES[i % DASHES.length];
    const common = { format, xs, end: xs.at(-1), dash, width: 2 };
    const isNoisy = key !== "learningRate";
    if (isNoisy && i === 0) {
      lines.push({ ...common, label: label("raw"), hue: "waiting", width: 1, ys: curves[key] });
    }
    lines.push({
      ...common,
      hue,
      label: label(isNoisy ? "smoothed" : "rate"),
      ys: isNoisy ? smoothed(curves[key], smoothing) : curves[key],
    });
    if (key === "loss" && curves.validationSteps.length > 0) {
      lines.push({
        ...common,
        label: label("validation"),
        hue: `${hue}-validation`,
        marked: true,
        xs: curves[validations].map((x) => x / unit),
        ys: curves.validationLoss,
      });
    }
  });
  return lines;
}

/** Draws the four charts of `runs`, `{ name, curves }`, into `host`. */
function drawCurves(host, runs, { smoothing, axis }) {
  if (runs.every(({ curves }) => curves.steps.length === 0)) {
    host.replaceChildren(nothing("They begin with the first step."));
    return;
  }
  // A zoomed range of one axis means nothing on another.
  if (host.axis !== axis) host.zoom = null;
  host.axis = axis;
  const elements = places(host, CHARTS.length);
  CHARTS.forEach((chart, i) =>
    drawChart(
      elements[i],
      { ...chart, axis: AXES[axis] },
      linesOf(chart, runs, { smoothing, axis }),
    )
  );
}

globalThis.drawCurves = drawCurves;

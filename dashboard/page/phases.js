// The phases of a run's steps by time.
"use strict";

/** In chronological order. */
const PHASES = [
  { key: "dataMs", label: "waiting for a batch", hue: "waiting" },
  { key: "forwardBackwardMs", label: "forward, backward", hue: "busy", dash: [8, 4] },
  { key: "updateMs", label: "optimizer", hue: "accent", dash: [2, 3] },
  { key: "validationMs", label: "validation", hue: "blocked" },
];

/** Draws them over the steps, and in total. */
function drawPhases(host, { curves, last }) {
  if (!PHASES.some(({ key }) => curves[key].some((ms) => ms !== null))) {
    host.replaceChildren(nothing("Measured from the first step on."));
    return;
  }
  const [chart, whole] = places(host, 2);
  const format = (ms) => `${ms.toFixed(1)} ms`;
  drawChart(
    chart,
    { title: "By phase", unit: "ms, without validation", axis: AXES.step },
    PHASES.slice(0, -1).map((phase) => ({
      ...phase,
      format,
      width: 2,
      xs: curves.steps,
      ys: curves[phase.key],
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
  put(whole, [
    make("h3", {}, ["All steps ", make("span", { className: "muted", text: "mean of a step" })]),
    bar,
    table({
      label: "Time by phase",
      head: ["phase", "last step", "mean", "share"],
      rows: PHASES.map(({ key, label, hue }, i) => {
        const ms = last?.[key];
        return [
          make("span", {}, [make("i", { className: `key ${hue}` }), label]),
          typeof ms === "number" ? format(ms) : "–",
          format(means[i]),
          percent(means[i] / total),
        ];
      }),
    }),
  ]);
}

globalThis.drawPhases = drawPhases;

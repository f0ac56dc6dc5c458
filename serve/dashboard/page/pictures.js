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
function short(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  for (const unit of ["", "k", "M", "G"]) {
    if (Math.abs(value) < 999.5) {
      return (unit ? value.toPrecision(3) : String(Math.round(value))) + unit;
    }
    value /= 1000;
  }
  return value.toFixed(0) + "T";
}

/** `12,345` */
function count(value) {
  return value.toLocaleString("en");
}

/** `1:04:07` */
function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = `${m}:${String(s).padStart(2, "0")}`;
  return h > 0 ? `${h}:${tail.padStart(5, "0")}` : tail;
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

/** A line in place of what there is nothing of yet. */
function nothing(text) {
  return make("p", { className: "muted", text });
}

/**
 * Draws the stages. `before` are the counts `seconds` ago, for what flows now; without them it is a
 * picture of what has been, and how full queues are says nothing.
 */
function drawPipeline(host, { stages, bottleneck }, before, seconds = 0) {
  if (stages.length === 0) {
    host.replaceChildren(make("li", { className: "none" }, [nothing("No stage has begun.")]));
    return;
  }
  host.replaceChildren(...stages.map((stage) => {
    const earlier = before?.stages.find(({ name }) => name === stage.name);
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
    if (before && stage.queueFill !== undefined) {
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
          drops.map(([reason, number]) =>
            make("li", { text: `${short(number)} dropped: ${reason}` })
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
      nothing("The first comes with the first checkpoint, the last at the end."),
    );
    return;
  }
  host.replaceChildren(
    ...[...samples].reverse().map(({ step, samples: texts }) =>
      make("article", {}, [
        make("h3", { text: `Step ${count(step)}` }),
        ...texts.map(({ prompt, continuation }) =>
          make("p", {}, [make("mark", { text: prompt }), continuation.replace(/\s+/g, " ")])
        ),
      ])
    ),
  );
}

// Classic scripts share them: the report holds its scripts inside the page.
Object.assign(globalThis, {
  ...{ color, count, drawPipeline, drawSamples, duration, make, nothing, short },
});

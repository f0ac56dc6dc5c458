// The stages, from top to bottom in the order in which a page passes them.
"use strict";

const WORK = [
  ["busy", "working", "busyMs"],
  ["waiting", "waiting for input", "waitingInputMs"],
  ["blocked", "blocked by output", "blockedOutputMs"],
];

/** Number of sources: the stages before the first with a queue. */
function sourcesIn(stages) {
  return Math.max(0, stages.findIndex(({ queueFill }) => queueFill !== undefined));
}

/**
 * Draws the stages. `before` are the counts `seconds` ago, for current rates; without them the totals
 * are drawn, and the fill of queues is omitted.
 */
function drawPipeline(host, { stages, bottleneck }, before, seconds = 0) {
  if (stages.length === 0) {
    host.replaceChildren(make("li", { className: "none" }, [nothing("No stage has begun.")]));
    return;
  }
  const sources = sourcesIn(stages);
  host.classList.toggle("past", before === undefined);
  host.replaceChildren(...stages.map((stage, i) => {
    const earlier = before?.stages.find(({ name }) => name === stage.name);
    const flow = earlier && seconds > 0 ? (stage.itemsOut - earlier.itemsOut) / seconds : undefined;
    const isBottleneck = stage.name === bottleneck;
    const title = make("h3", { text: stage.name });
    if (isBottleneck) title.append(" ", make("b", { text: "bottleneck" }));
    const isSource = i < sources;
    if (!isSource && stage.queueFill === undefined && stage.itemsIn === 0) {
      return make("li", {}, [title, make("p", { className: "muted", text: "not begun" })]);
    }
    return make("li", { className: isBottleneck ? "bottleneck" : "" }, [
      title,
      make("p", { className: "flow" }, [
        `${short(stage.itemsIn)} in, ${short(stage.itemsOut)} out`,
        ...(flow === undefined ? [] : [
          make("span", {
            className: "muted",
            text: ` ${flow.toFixed(flow < 10 ? 1 : 0)} /s`,
          }),
        ]),
      ]),
      isSource
        ? make("p", { className: "queue muted", text: "a source" })
        : queueOf(stage, before !== undefined),
      workOf(stage),
      dropsOf(stage),
    ]);
  }));
}

function queueOf({ name, queueFill }, isLive) {
  if (!isLive || queueFill === undefined) return make("p", { className: "queue" });
  const value = Math.round(100 * queueFill);
  const fill = make("i");
  fill.style.width = `${value}%`;
  const bar = make("div", { className: "tank" }, [fill]);
  const attributes = {
    role: "meter",
    "aria-label": `${name} queue`,
    "aria-valuenow": value,
    "aria-valuemin": 0,
    "aria-valuemax": 100,
  };
  for (const [key, each] of Object.entries(attributes)) bar.setAttribute(key, String(each));
  return make("div", { className: "queue" }, [bar, make("span", { text: `queue ${value} %` })]);
}

function workOf(stage) {
  const total = WORK.reduce((sum, [, , key]) => sum + stage[key], 0) || 1;
  const bar = make(
    "div",
    { className: "time" },
    WORK.map(([className, , key]) => {
      const part = make("i", { className });
      part.style.width = `${100 * stage[key] / total}%`;
      return part;
    }),
  );
  const shares = WORK.map(([, word, key]) => `${word} ${Math.round(100 * stage[key] / total)} %`);
  bar.setAttribute("role", "img");
  bar.setAttribute("aria-label", `${stage.name}: ${shares.join(", ")}`);
  bar.title = shares.join(", ");
  const busy = Math.round(100 * stage.busyMs / total);
  return make("div", { className: "work" }, [bar, make("span", { text: `works ${busy} %` })]);
}

function dropsOf({ dropped }) {
  const drops = Object.entries(dropped).sort(([, a], [, b]) => b - a);
  const text = drops.map(([reason, number]) => `${count(number)} ${reason}`).join(", ");
  return make("p", { className: "drops muted", text: text && `dropped: ${text}` });
}

Object.assign(globalThis, { drawPipeline, sourcesIn });

// Zoom by mouse, finger and keyboard: all charts of a group show the same range of their axis.
"use strict";

/** Shorter drags are clicks. */
const MIN_DRAG_PX = 6;
/** uPlot only selects while the mouse drags; zoomToSelection then zooms. */
const ZOOM_CURSOR = {
  drag: { x: true, y: false, setScale: false },
  bind: { dblclick: (plot) => () => zoomTo(plot, null) },
};
const NO_SELECTION = { left: 0, width: 0, top: 0, height: 0 };

const groupOf = (plot) => plot.root.closest(".curves");

/** Shows `data` in the zoomed range. */
function showData(plot, data) {
  const { zoom } = groupOf(plot);
  if (!zoom) return plot.setData(data);
  plot.batch(() => {
    plot.setData(data, false);
    plot.setScale("x", zoom);
  });
}

/** Zooms all charts of the group to `{ min, max }`, or out completely. */
function zoomTo(plot, zoom) {
  const group = groupOf(plot);
  group.zoom = zoom;
  for (const host of group.children) {
    if (!host.plot) continue;
    host.reset.hidden = !zoom;
    showData(host.plot, host.plot.data);
  }
}

function zoomToSelection(plot) {
  const { left, width } = plot.select;
  if (width === 0) return;
  plot.setSelect(NO_SELECTION, false);
  if (width < MIN_DRAG_PX) return;
  zoomTo(plot, { min: plot.posToVal(left, "x"), max: plot.posToVal(left + width, "x") });
}

/** Halves or doubles the range around the cursor. */
function zoomBy(plot, factor) {
  const { min, max } = plot.scales.x;
  const [xs] = plot.data;
  const [first, last] = [xs[0], xs.at(-1)];
  const middle = xs[plot.cursor.idx] ?? (min + max) / 2;
  const half = factor * (max - min) / 2;
  const wanted = { min: Math.max(first, middle - half), max: Math.min(last, middle + half) };
  if (wanted.max <= wanted.min) return;
  zoomTo(plot, wanted.min <= first && wanted.max >= last ? null : wanted);
}

function moveCursor(plot, by) {
  const { min, max } = plot.scales.x;
  const [xs] = plot.data;
  const start = by > 0 ? xs.findIndex((x) => x >= min) : xs.findLastIndex((x) => x <= max);
  const at = plot.cursor.idx === null || plot.cursor.idx === undefined
    ? start
    : Math.min(xs.length - 1, Math.max(0, plot.cursor.idx + by));
  if (xs[at] < min || xs[at] > max) return;
  plot.setCursor({ left: plot.valToPos(xs[at], "x"), top: 1 });
}

/** A finger that moves along the chart selects; one that moves across it scrolls the page. */
function addTouch(plot) {
  let from;
  const leftOf = (event) => event.clientX - plot.over.getBoundingClientRect().left;
  const select = (event) => {
    const to = Math.min(plot.over.clientWidth, Math.max(0, leftOf(event)));
    const [left, width] = [Math.min(from, to), Math.abs(to - from)];
    plot.setSelect({ left, width, top: 0, height: plot.over.clientHeight }, false);
  };
  plot.over.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") from = leftOf(event);
  });
  plot.over.addEventListener("pointermove", (event) => {
    if (from !== undefined && event.pointerType === "touch") select(event);
  });
  plot.over.addEventListener("pointerup", () => {
    if (from !== undefined) zoomToSelection(plot);
    from = undefined;
  });
  plot.over.addEventListener("pointercancel", () => {
    from = undefined;
    plot.setSelect(NO_SELECTION, false);
  });
}

/** Adds a button and keys to a new chart. */
function addZoom(host, { heading, canvas, legend }) {
  const { plot } = host;
  host.reset = make("button", { type: "button", className: "reset", text: "Reset zoom" });
  host.reset.setAttribute("aria-label", `Reset zoom of ${heading.firstChild.textContent}`);
  host.reset.hidden = !groupOf(plot).zoom;
  host.reset.onclick = () => zoomTo(plot, null);
  heading.after(host.reset);
  showData(plot, plot.data);
  addTouch(plot);
  const keys = {
    ArrowLeft: () => moveCursor(plot, -1),
    ArrowRight: () => moveCursor(plot, 1),
    "+": () => zoomBy(plot, 0.5),
    "=": () => zoomBy(plot, 0.5),
    "-": () => zoomBy(plot, 2),
    Escape: () => zoomTo(plot, null),
  };
  canvas.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    // Values are announced for keyboard navigation, not for the mouse.
    legend.setAttribute("aria-live", "polite");
    act();
  });
  canvas.addEventListener("blur", () => {
    legend.removeAttribute("aria-live");
    plot.setCursor({ left: -10, top: -10 });
  });
}

Object.assign(globalThis, { ZOOM_CURSOR, addZoom, showData, zoomToSelection });

// The live page: one stream of messages in, pictures out. Connecting again brings all there is.
"use strict";

const byId = (id) => document.getElementById(id);
const COLUMNS = ["loss", "learningRate", "gradNorm", "tokensPerSecond"];
/** Time between two redraws, and without a word after which a run counts as still. */
const REDRAW_MS = 250, STILL_MS = 5000;

const state = {
  name: "",
  curves: undefined,
  last: null,
  lastValidation: null,
  status: null,
  samples: [],
  flow: [],
  connected: false,
};
const others = new Map();
let isDue = false;

function changed() {
  if (isDue) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    draw();
  }, REDRAW_MS);
}

function take(message) {
  if (message.type === "run") Object.assign(state, message.run, { settings: message.run.settings });
  if (message.type === "run") remember(message.run.status);
  if (message.type === "status") {
    state.status = message.status;
    remember(message.status);
  }
  if (message.type === "samples") state.samples = message.samples;
  if (message.type === "step") {
    const { record } = message;
    const { curves } = state;
    state.last = record;
    curves.steps.push(record.step);
    for (const name of COLUMNS) curves[name].push(record[name] ?? null);
    if (typeof record.validationLoss === "number") {
      state.lastValidation = record;
      curves.validationSteps.push(record.step);
      curves.validationLoss.push(record.validationLoss);
    }
  }
  changed();
}

/** Keeps about ten seconds of counters, for the flow. */
function remember(status) {
  if (!status) return;
  state.flow.push(status);
  while (state.flow.length > 10) state.flow.shift();
}

function draw() {
  const { curves, last, status, samples, flow } = state;
  if (!curves) return;
  byId("run-name").textContent = state.name;
  const isStill = status && Date.now() - Date.parse(status.time) > STILL_MS;
  const ended = status && (status.phase === "done" || status.phase === "stopped");
  byId("phase").textContent = !state.connected
    ? "connecting again"
    : !status
    ? "not started"
    : isStill && !ended
    ? `${status.phase} (no news)`
    : status.phase;
  figures();
  if (curves.steps.length > 0) {
    drawCurves(byId("curves"), [{ name: state.name, curves }, ...others.values()], {
      smoothing: Number(byId("smoothing").value),
    });
  }
  if (status) {
    const before = flow[0];
    drawPipeline(
      byId("pipeline"),
      status,
      before,
      (Date.parse(status.time) - Date.parse(before.time)) / 1000,
    );
  }
  drawSpheres(byId("spheres"), last);
  drawSamples(byId("samples"), samples);
}

function figures() {
  const { last, lastValidation, status } = state;
  const total = status?.totalSteps;
  const validation = lastValidation?.validationLoss;
  const shown = [
    ["Step", last ? `${last.step}${total ? ` / ${total}` : ""}` : "–", "step"],
    ["Loss", last?.loss?.toFixed(4) ?? "–", "loss"],
    ["Validation loss", validation?.toFixed(4) ?? "–", "validationLoss"],
    [
      "Validation perplexity",
      validation === undefined ? "–" : perplexity(Math.exp(validation)),
      "validationPerplexity",
    ],
    [
      "Validation bits a byte",
      lastValidation?.validationBitsPerByte?.toFixed(3) ?? "–",
      "validationBitsPerByte",
    ],
    ["Tokens a second", short(last?.tokensPerSecond), "tokensPerSecond"],
    [
      "Share of peak",
      last?.shareOfPeak ? `${Math.round(100 * last.shareOfPeak)} %` : "–",
      "shareOfPeak",
    ],
    ["Learning rate", last?.learningRate?.toExponential(2) ?? "–", "learningRate"],
    [
      "Time left",
      status?.remainingMs !== undefined ? duration(status.remainingMs) : "–",
      "remaining",
    ],
  ];
  byId("figures").replaceChildren(...shown.map(([term, value, key]) => {
    const dd = make("dd", { text: value });
    dd.dataset.figure = key;
    return make("div", {}, [make("dt", { text: term }), dd]);
  }));
  const percent = last && total ? Math.round(100 * last.step / total) : 0;
  byId("progress").firstElementChild.style.width = `${percent}%`;
  byId("progress").setAttribute("aria-valuenow", String(percent));
}

/** One digit after the point where there are less than four before it. */
function perplexity(value) {
  return value < 1000 ? value.toFixed(1) : short(value);
}

/** The browser connects again by itself while the server is away, and gets all there is again. */
function connect(name) {
  const source = new EventSource(`events?run=${encodeURIComponent(name)}`);
  source.onopen = () => {
    state.connected = true;
    state.flow = [];
    changed();
  };
  source.onmessage = ({ data }) => take(JSON.parse(data));
  source.onerror = () => {
    state.connected = false;
    changed();
    // A proxy's refusal ends a stream for good; a server that is away does not.
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(() => connect(name), 2000);
    }
  };
}

async function compareWith(name, isOn) {
  if (isOn) {
    const response = await fetch(`history?run=${encodeURIComponent(name)}`);
    if (response.ok) others.set(name, { name, curves: (await response.json()).curves });
  } else others.delete(name);
  changed();
}

async function start() {
  const names = await (await fetch("runs")).json();
  [state.name] = names;
  for (const name of names.slice(1)) {
    const box = make("input", { type: "checkbox" });
    box.onchange = () => compareWith(name, box.checked);
    byId("compare").append(make("label", {}, [box, ` ${name}`]));
    byId("compare").hidden = false;
  }
  byId("smoothing").oninput = draw;
  addEventListener("resize", changed);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  setInterval(changed, 1000);
  connect(state.name);
}

start();

// The live page: one stream of messages about the runs on show, pictures out. Connecting again
// brings all there is; what is chosen is kept in the address.
"use strict";

const byId = (id) => document.getElementById(id);
const COLUMNS = [
  ...["loss", "learningRate", "gradNorm", "tokensPerSecond"],
  ...["dataMs", "forwardBackwardMs", "updateMs", "validationMs"],
];
/** Time between two redraws, and without a word after which a run counts as still. */
const REDRAW_MS = 250, STILL_MS = 5000;

/** What is known of each run that is followed, by name. */
const known = new Map();
let names = [];
/** The run on show, and those beside it. */
let shown = "";
let compared = [];
let source;
let isConnected = false;
let isDue = false;

function changed() {
  if (isDue) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    draw();
  }, REDRAW_MS);
}

function take({ name, ...message }) {
  const run = known.get(name) ?? { name, flow: [] };
  known.set(name, run);
  if (message.type === "run") {
    Object.assign(run, message.run, { flow: [] });
    remember(run, message.run.status);
  }
  if (message.type === "status") {
    run.status = message.status;
    remember(run, message.status);
  }
  if (message.type === "samples") run.samples = message.samples;
  if (message.type === "step") {
    const { record } = message;
    const { curves } = run;
    run.last = record;
    curves.steps.push(record.step);
    for (const column of COLUMNS) curves[column].push(record[column] ?? null);
    if (typeof record.validationLoss === "number") {
      run.lastValidation = record;
      curves.validationSteps.push(record.step);
      curves.validationLoss.push(record.validationLoss);
    }
  }
  changed();
}

/** Keeps about ten seconds of counters, for the flow. */
function remember({ flow }, status) {
  if (!status) return;
  flow.push(status);
  while (flow.length > 10) flow.shift();
}

function draw() {
  const run = known.get(shown);
  byId("run-name").textContent = shown;
  phase(run);
  if (!run?.curves) return;
  const { last, status, samples, flow } = run;
  figures(run);
  const others = compared.map((name) => known.get(name)).filter((other) => other?.curves);
  drawCurves(byId("curves"), [run, ...others], { smoothing: Number(byId("smoothing").value) });
  drawPhases(byId("phases"), run);
  const before = flow[0];
  const seconds = before && (Date.parse(status.time) - Date.parse(before.time)) / 1000;
  drawPipeline(byId("pipeline"), status ?? { stages: [] }, before, seconds);
  drawSpheres(byId("spheres"), last);
  drawSamples(byId("samples"), samples);
}

/** How long a run has said nothing, whether it has ended, and whether it should be heard of. */
function news(status) {
  const age = status ? Date.now() - Date.parse(status.time) : 0;
  const hasEnded = status ? /^(done|stopped)$/.test(status.phase) : false;
  return { age, hasEnded, isStill: status && !hasEnded && age > STILL_MS };
}

/** Says what the run does, or since when it has said nothing. */
function phase(run) {
  const status = run?.status;
  const { age, hasEnded, isStill } = news(status);
  const pill = byId("phase");
  pill.className = `pill ${
    !isConnected || isStill ? "still" : !status ? "" : hasEnded ? "ended" : "live"
  }`;
  const text = !isConnected
    ? "connecting again"
    : !status
    ? "not started"
    : isStill
    ? `${status.phase}, no news for ${duration(age)}`
    : status.phase;
  if (pill.textContent !== text) pill.textContent = text;
}

function figures({ last, lastValidation, status }) {
  const total = status?.totalSteps;
  const validation = lastValidation?.validationLoss;
  const { hasEnded, isStill } = news(status);
  const isRunning = status?.remainingMs !== undefined && !hasEnded && !isStill;
  const tiles = [
    ["Step", last ? `${count(last.step)}${total ? ` / ${count(total)}` : ""}` : "–", "step"],
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
    ["Share of peak", last?.shareOfPeak ? percent(last.shareOfPeak) : "–", "shareOfPeak"],
    [
      "Time left",
      isRunning ? duration(status.remainingMs) : "–",
      "remaining",
    ],
  ];
  byId("figures").replaceChildren(...tiles.map(([term, value, key]) => {
    const dd = make("dd", { text: value });
    dd.dataset.figure = key;
    return make("div", {}, [make("dt", { text: term }), dd]);
  }));
  const done = last && total ? Math.round(100 * last.step / total) : 0;
  byId("progress").firstElementChild.style.width = `${done}%`;
  byId("progress").setAttribute("aria-valuenow", String(done));
}

/** One digit after the point where there are less than four before it. */
function perplexity(value) {
  return value < 1000 ? value.toFixed(1) : short(value);
}

/** Follows the run on show and those beside it, from their beginning. */
function connect() {
  source?.close();
  const query = new URLSearchParams([shown, ...compared].map((name) => ["run", name]));
  const mine = source = new EventSource(`events?${query}`);
  // The browser connects again by itself while the server is away, and gets all there is again.
  mine.onopen = () => {
    isConnected = true;
    changed();
  };
  mine.onmessage = ({ data }) => take(JSON.parse(data));
  mine.onerror = () => {
    isConnected = false;
    changed();
    // A proxy's refusal ends a stream for good; a server that is away does not.
    if (mine.readyState !== EventSource.CLOSED) return;
    setTimeout(() => {
      if (source === mine) connect();
    }, 2000);
  };
}

/** Shows `name` with `beside` it, and keeps the choice in the address for the next loading. */
function choose(name, beside) {
  [shown, compared] = [name, beside.filter((other) => other !== name)];
  const address = new URL(location.href);
  address.search = String(
    new URLSearchParams([
      ...(names[0] === shown ? [] : [["run", shown]]),
      ...compared.map((other) => ["with", other]),
    ]),
  );
  history.replaceState(null, "", address);
  byId("run").value = shown;
  const others = names.filter((other) => other !== shown);
  byId("compare").replaceChildren(
    byId("compare").firstElementChild,
    ...others.map((other) => {
      const box = make("input", { type: "checkbox", checked: compared.includes(other) });
      box.onchange = () =>
        choose(shown, box.checked ? [...compared, other] : compared.filter((one) => one !== other));
      return make("label", {}, [box, ` ${other}`]);
    }),
  );
  connect();
  changed();
}

async function start() {
  names = await (await fetch("runs")).json();
  const several = names.length > 1;
  byId("choose").hidden = byId("compare").hidden = !several;
  byId("run-name").hidden = several;
  byId("run").replaceChildren(...names.map((name) => make("option", { value: name, text: name })));
  byId("run").onchange = () => choose(byId("run").value, compared);
  byId("smoothing").oninput = draw;
  addEventListener("resize", changed);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  setInterval(changed, 1000);
  const asked = new URLSearchParams(location.search);
  const isKnown = (name) => names.includes(name);
  choose(
    [asked.get("run"), names[0]].find(isKnown),
    asked.getAll("with").filter(isKnown),
  );
}

start();

// The live page: draws one stream of messages about the runs on display. Reconnecting restores the
// whole state; the selection is kept in the address.
"use strict";

const byId = (id) => document.getElementById(id);
const COLUMNS = [
  ...["loss", "learningRate", "gradNorm", "tokensPerSecond"],
  ...["dataMs", "forwardBackwardMs", "updateMs", "validationMs"],
  ...["totalTokens", "elapsedMs"],
];
/** Time between two redraws, and silence after which a run counts as inactive. */
const REDRAW_MS = 250, STILL_MS = 5000;

/** State of each displayed run, by name. */
const known = new Map();
let names = [];
/** The displayed run, and those compared with it. */
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
  if (message.type === "tasks") run.tasks = message.tasks;
  if (message.type === "step") {
    const { record } = message;
    const { curves } = run;
    run.last = record;
    curves.steps.push(record.step);
    for (const column of COLUMNS) curves[column].push(record[column] ?? null);
    if (typeof record.validationLoss === "number") {
      run.lastValidation = record;
      curves.validationSteps.push(record.step);
      curves.validationTokens.push(record.totalTokens);
      curves.validationElapsedMs.push(record.elapsedMs);
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
  const { last, status, samples, tasks, flow } = run;
  const { hasEnded, isStill } = news(status);
  const hosts = { figures: byId("figures"), facts: byId("facts"), progress: byId("progress") };
  drawFigures({ ...hosts, progressText: byId("progress-text") }, run, {
    isRunning: status?.remainingMs !== undefined && !hasEnded && !isStill,
  });
  const others = compared.map((name) => known.get(name)).filter((other) => other?.curves);
  const runs = [run, ...others];
  // These are empty before the first step.
  for (const id of ["phases", "spheres", "samples"]) shownIf(id, last);
  shownIf("curves", runs.some(({ last }) => last));
  shownIf("comparison", others.length > 0);
  shownIf("nodes", status?.nodes);
  shownIf("tasks", tasks.length > 0);
  if (tasks.length > 0) drawTasks(byId("tasks"), tasks);
  if (status?.nodes) drawNodes(byId("nodes"), status.nodes);
  const axis = byId("axis").value;
  const smoothing = Number(byId("smoothing").value);
  if (runs.some(({ last }) => last)) drawCurves(byId("curves"), runs, { smoothing, axis });
  if (others.length > 0) drawComparison(byId("comparison"), runs);
  if (last) {
    drawPhases(byId("phases"), run);
    drawSpheres(byId("spheres"), last);
    drawSamples(byId("samples"), samples);
  }
  const before = flow[0];
  const seconds = before && (Date.parse(status.time) - Date.parse(before.time)) / 1000;
  drawPipeline(byId("pipeline"), status ?? { stages: [] }, before, seconds);
}

function shownIf(id, isShown) {
  byId(id).closest("section").hidden = !isShown;
}

/** How long a run has been silent, whether it has ended, and whether it should be active. */
function news(status) {
  const age = status ? Date.now() - Date.parse(status.time) : 0;
  const hasEnded = status ? /^(done|stopped)$/.test(status.phase) : false;
  return { age, hasEnded, isStill: status && !hasEnded && age > STILL_MS };
}

/** Shows the run's phase, or how long it has been silent. */
function phase(run) {
  const status = run?.status;
  const { age, hasEnded, isStill } = news(status);
  const pill = byId("phase");
  pill.className = `pill ${
    !isConnected || isStill ? "still" : !status ? "" : hasEnded ? "ended" : "live"
  }`;
  const text = !isConnected
    ? "reconnecting"
    : !status
    ? "not started"
    : isStill
    ? `${status.phase}, no news for ${duration(age)}`
    : status.phase;
  if (pill.textContent !== text) pill.textContent = text;
}

/** Subscribes to the displayed run and those beside it, from their beginning. */
function connect() {
  source?.close();
  const query = new URLSearchParams([shown, ...compared].map((name) => ["run", name]));
  const mine = source = new EventSource(`events?${query}`);
  // The browser reconnects by itself while the server is away, and receives the whole state again.
  mine.onopen = () => {
    isConnected = true;
    changed();
  };
  mine.onmessage = ({ data }) => take(JSON.parse(data));
  mine.onerror = () => {
    isConnected = false;
    changed();
    // A proxy's error response ends a stream for good; an unreachable server does not.
    if (mine.readyState !== EventSource.CLOSED) return;
    setTimeout(() => {
      if (source === mine) connect();
    }, 2000);
  };
}

/** Stores the selection in the address for the next load. */
function keepChoice() {
  const address = new URL(location.href);
  const axis = byId("axis").value;
  address.search = String(
    new URLSearchParams([
      ...(names[0] === shown ? [] : [["run", shown]]),
      ...compared.map((other) => ["with", other]),
      ...(axis === "step" ? [] : [["axis", axis]]),
    ]),
  );
  history.replaceState(null, "", address);
}

/** Shows `name` with `beside` it. */
function choose(name, beside) {
  [shown, compared] = [name, beside.filter((other) => other !== name)];
  keepChoice();
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
  byId("axis").onchange = () => {
    keepChoice();
    draw();
  };
  addEventListener("resize", changed);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  setInterval(changed, 1000);
  const asked = new URLSearchParams(location.search);
  const axes = [...byId("axis").options].map(({ value }) => value);
  byId("axis").value = axes.find((axis) => axis === asked.get("axis")) ?? axes[0];
  const isKnown = (name) => names.includes(name);
  choose(
    [asked.get("run"), names[0]].find(isKnown),
    asked.getAll("with").filter(isKnown),
  );
}

start();

// The report: draws the live page's charts once, from the data inside the page.
"use strict";

const run = JSON.parse(document.getElementById("data").textContent);
const tasks = JSON.parse(document.getElementById("task-rows").textContent);
const draw = () => {
  const host = (name) => document.getElementById(name);
  drawCurves(host("curves"), [run], { smoothing: 0.8, axis: host("axis").value });
  drawPhases(host("phases"), run);
  drawPipeline(host("pipeline"), run.status ?? { stages: [] });
  drawSpheres(host("spheres"), run.last);
  drawSamples(host("samples"), run.samples);
  host("tasks").closest("section").hidden = tasks.length === 0;
  if (tasks.length > 0) drawTasks(host("tasks"), tasks);
};
draw();
document.getElementById("axis").onchange = draw;
addEventListener("resize", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

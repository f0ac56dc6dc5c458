// The report: the live page's pictures, once, from the data inside the page.
"use strict";

const run = JSON.parse(document.getElementById("data").textContent);
const draw = () => {
  if (run.curves.steps.length > 0) {
    drawCurves(document.getElementById("curves"), [{ name: run.name, curves: run.curves }], {
      smoothing: 0.8,
    });
  }
  drawPipeline(document.getElementById("pipeline"), run.status ?? { stages: [] });
  drawSpheres(document.getElementById("spheres"), run.last);
  drawSamples(document.getElementById("samples"), run.samples);
};
draw();
addEventListener("resize", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

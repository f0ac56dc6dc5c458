// How many questions models answered right, as `eval --task` stored it.
"use strict";

const SCORES = [["acc", "acc"], ["accNorm", "acc_norm"], ["exactMatch", "exact match"], [
  "centered",
  "centered",
]];

/** Draws the scores as a table, a row for each model and task. */
function drawTasks(host, rows) {
  const shown = SCORES.filter(([name]) => rows.some((row) => row[name] !== undefined));
  put(host, [
    table({
      label: "Task scores",
      head: ["model", "task", "questions", ...shown.map(([, title]) => title)],
      rows: rows.map((row) => [
        row.model,
        row.task,
        count(row.items),
        ...shown.map(([name]) => row[name] === undefined ? "–" : percent(row[name])),
      ]),
    }),
  ]);
}

globalThis.drawTasks = drawTasks;

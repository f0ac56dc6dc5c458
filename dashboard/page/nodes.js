// The nodes of a run on several machines: what each does, and what it waits for.
"use strict";

function drawNodes(host, nodes) {
  const rows = nodes.flatMap(({ node, roles, memoryBytes, silentMs, vanished }) =>
    roles.map((state, i) => [
      node,
      state.role,
      vanished ? make("b", { text: `vanished ${duration(silentMs)} ago` }) : doing(state),
      Object.entries(state.counts).map(([what, number]) => `${short(number)} ${what}`).join(", "),
      state.owns.length > 0 ? count(state.owns.length) : "–",
      state.lag === undefined ? "–" : count(state.lag),
      i === 0 ? `${short(memoryBytes)}B` : "",
    ])
  );
  put(host, [
    table({
      label: "Nodes",
      head: ["node", "role", "now", "done since it joined", "owns", "lag", "memory"],
      rows,
    }),
  ]);
}

function doing({ active, waitsFor }) {
  if (!active) return "stands by";
  return waitsFor === undefined ? "works" : `waits for ${waitsFor}`;
}

Object.assign(globalThis, { drawNodes });

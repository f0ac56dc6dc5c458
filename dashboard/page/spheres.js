// The spheres as the kissing arrangement: one control sphere, and at most twelve that touch it.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const RADIUS = 22, DISTANCE = 92, CENTRE = 120;

// The twelve neighbours in the densest packing: all (±1, ±1, 0) / √2 and their permutations.
const NEIGHBOURS = [[0, 1], [0, 2], [1, 2]].flatMap(([i, j]) =>
  [[1, 1], [1, -1], [-1, 1], [-1, -1]].map(([a, b]) => {
    const point = [0, 0, 0];
    point[i] = a / Math.SQRT2;
    point[j] = b / Math.SQRT2;
    return point;
  })
);

/** Seen along the arrangement's threefold axis: six around, three in front, three behind. */
function project([x, y, z]) {
  const depth = (x + y + z) / Math.sqrt(3);
  const scale = 1 + 0.12 * depth;
  return {
    x: CENTRE + DISTANCE * scale * (x - y) / Math.SQRT2,
    y: CENTRE + DISTANCE * scale * (x + y - 2 * z) / Math.sqrt(6),
    z: depth,
    scale,
  };
}

function shape(name, attributes, children = []) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** Relative luminance (WCAG 2.2); above 0.18 black stands out better than white. */
function luminance(channels) {
  const [r, g, b] = channels.map((value) => (value / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** A mix of the two colours: 0 is waiting, 1 computing. */
function shade(share) {
  const parse = (name) => color(name).match(/[\d.]+/g).slice(0, 3).map(Number);
  const [from, to] = [parse("waiting"), parse("busy")];
  const mixed = from.map((value, i) => Math.round(value + share * (to[i] - value)));
  return {
    fill: `rgb(${mixed.join(" ")})`,
    ink: luminance(mixed) > 0.18 ? "#101318" : "#ffffff",
  };
}

/** Spheres `{ball, share, title}` around the one that `label`, `name` and `title` describe. */
function arrangement(spheres, { label: ariaLabel, name, title: middle, caption }) {
  const spots = NEIGHBOURS.map(project);
  const placed = spheres.map((sphere, i) => ({ ...spots[i], sphere }));
  const links = placed.map(({ x, y }) =>
    shape("line", {
      x1: CENTRE,
      y1: CENTRE,
      x2: x,
      y2: y,
      stroke: color("line"),
      "stroke-width": 1.5,
    })
  );
  const control = { x: CENTRE, y: CENTRE, z: 0, scale: 1 };
  const balls = [control, ...placed].sort((a, b) => a.z - b.z).map(({ x, y, scale, sphere }) => {
    const { fill, ink } = sphere
      ? shade(sphere.share)
      : { fill: color("card"), ink: color("muted") };
    const title = shape("title", {});
    title.textContent = sphere?.title ?? middle;
    const label = shape("text", { x, y, fill: ink });
    label.textContent = sphere ? String(sphere.ball) : name;
    if (!sphere) label.setAttribute("font-size", "7");
    return shape("g", {}, [
      title,
      shape("circle", {
        cx: x,
        cy: y,
        r: RADIUS * scale,
        fill,
        stroke: sphere ? color("card") : color("muted"),
        "stroke-width": 1.5,
      }),
      label,
    ]);
  });
  const svg = shape("svg", {
    viewBox: "0 0 240 240",
    role: "img",
    "aria-label": ariaLabel,
  }, [...links, ...balls]);
  const figure = document.createElement("figure");
  figure.append(svg);
  if (caption) figure.append(make("figcaption", { className: "muted", text: caption }));
  return figure;
}

/** The replicas of a run around the sphere that averages them; one trains at a time. */
function network({ round, replica, replicas, loss }) {
  const turn = `round ${round}`;
  const balls = Array.from({ length: replicas }, (_, rank) => ({
    ball: rank + 1,
    share: rank === replica ? 1 : 0,
    title: rank === replica
      ? `replica ${rank + 1}: trains in ${turn}, loss ${loss?.toFixed(3) ?? "–"}`
      : `replica ${rank + 1}: ${rank < replica ? "has trained" : "waits"} in ${turn}`,
  }));
  return arrangement(balls, {
    label: `Network control sphere and ${replicas} replicas`,
    name: "network",
    title: `network control sphere: averages the replicas after ${turn}`,
    caption: `Replicas, ${turn}`,
  });
}

/** Draws the last step's leaves, twelve to a control sphere, and the figures behind the colours. */
function drawSpheres(host, record) {
  const columns = record?.spheres;
  if (!columns || columns.computeMs.length === 0) {
    host.replaceChildren(
      make("p", { className: "muted", text: "They begin with the first step." }),
    );
    return;
  }
  const leaves = columns.computeMs.map((computeMs, leaf) => {
    const waitMs = columns.waitMs[leaf];
    return {
      leaf,
      worker: columns.worker[leaf],
      tokens: columns.tokens[leaf],
      computeMs,
      waitMs,
      share: computeMs / (computeMs + waitMs || 1),
    };
  });
  const groups = [];
  for (let i = 0; i < leaves.length; i += 12) groups.push(leaves.slice(i, i + 12));
  const figures = table({
    label: "Leaf spheres",
    caption: `Step ${count(record.step)}`,
    head: ["leaf", "worker", "tokens", "computing", "waiting"],
    rows: leaves.slice(0, 24).map((
      { leaf, worker, tokens, computeMs, waitMs },
    ) => [leaf, worker, tokens, `${computeMs.toFixed(1)} ms`, `${waitMs.toFixed(1)} ms`]),
  });
  const isDivided = typeof record.replica === "number";
  const waits = record.stepMs ? `${Math.round(record.stepMs)} ms` : "";
  put(host, [
    ...isDivided ? [network(record)] : [],
    ...groups.map((group, i) =>
      arrangement(
        group.map((leaf) => ({
          ball: leaf.leaf,
          share: leaf.share,
          title:
            `leaf ${leaf.leaf}: computing ${leaf.computeMs} ms, waiting ${leaf.waitMs} ms, worker ${leaf.worker}`,
        })),
        {
          label: `Control sphere ${i + 1} and ${group.length} leaf spheres`,
          name: "control",
          title: `control sphere: computes nothing, waits ${waits}`,
          caption: isDivided ? `Leaf spheres of replica ${record.replica + 1}` : "",
        },
      )
    ),
    figures,
  ]);
}

globalThis.drawSpheres = drawSpheres;

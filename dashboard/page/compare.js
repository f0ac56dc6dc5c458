// Compares runs in numbers: their results and their settings.
"use strict";

/** Figures in row order; `isLoss` marks those whose lowest value is highlighted. */
const FINAL = [
  ["steps", ({ last }) => last?.step, count],
  ["tokens trained", ({ last }) => last?.totalTokens, count],
  ["passes over the corpus", ({ status }) => status?.passes, (value) => value.toFixed(2)],
  ["training time", ({ curves }) => curves.elapsedMs.at(-1), duration],
  [
    "tokens per second, mean",
    ({ last, curves }) => last?.totalTokens / (curves.elapsedMs.at(-1) / 1000),
    short,
  ],
  ["training loss, last step", ({ last }) => last?.loss, (value) => value.toFixed(4)],
  [
    "validation loss, last",
    ({ lastValidation }) => lastValidation?.validationLoss,
    (value) => value.toFixed(4),
    true,
  ],
  [
    "validation loss, best",
    ({ curves }) => Math.min(...curves.validationLoss),
    (value) => value.toFixed(4),
    true,
  ],
  [
    "validation bits per byte, last",
    ({ lastValidation }) => lastValidation?.validationBitsPerByte,
    (value) => value.toFixed(3),
    true,
  ],
  ["parameters", ({ status }) => status?.parameters, count],
  ["vocabulary", ({ status }) => status?.vocabulary, count],
  ["documents", ({ status }) => status?.corpus?.documents, count],
  ["bytes of text", ({ status }) => status?.corpus?.textBytes, count],
];
/** Settings that do not affect results. */
const APART = new Set(["sitePort"]);

function finalRow([label, of, format, isLoss], runs) {
  const values = runs.map(of);
  const known = values.filter(Number.isFinite);
  const lowest = Math.min(...known);
  const isTold = isLoss && known.some((value) => value > lowest);
  return [
    label,
    ...values.map((value) => {
      if (!Number.isFinite(value)) return "–";
      if (!isTold || value !== lowest) return format(value);
      return make("b", { text: `${format(value)} lowest` });
    }),
  ];
}

/** `{ a: { b: 1 } }` as `[["a.b", 1]]`; lists are whole. */
function flat(value, path = "") {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, each]) => flat(each, path ? `${path}.${key}` : key));
}

const spaced = (name) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Of steps and seconds, one is 0: the run is planned by the other. */
const isUnplanned = (name, value) => value === 0 && /^(steps|seconds)$/.test(name);

/** A setting that `--force` changed on the way. */
const isChange = (value) => typeof value === "object" && value !== null && "now" in value;

function words(value) {
  if (value === undefined) return "–";
  if (value === "" || Array.isArray(value) && value.length === 0) return "none";
  if (isChange(value)) {
    const { step, name, before, now } = value;
    return `${spaced(name)} ${words(now)} instead of ${words(before)} from step ${step + 1} on`;
  }
  if (!Array.isArray(value)) return String(value);
  return value.map(words).join(value.some(isChange) ? "; " : " ");
}

/** Rows of the settings that differ between `runs`. */
function differingSettings(runs) {
  const settings = runs.map(({ settings }) => new Map(flat(settings ?? {})));
  const names = new Set(settings.flatMap((each) => [...each.keys()]));
  return [...names].filter((name) => !APART.has(name)).map((name) => [
    spaced(name),
    ...settings.map((each) => isUnplanned(name, each.get(name)) ? "–" : words(each.get(name))),
  ]).filter(([, first, ...others]) => others.some((other) => other !== first));
}

/** Draws both tables of `runs`. */
function drawComparison(host, runs) {
  const head = runs.map(({ name }) => name);
  const differing = differingSettings(runs);
  const sizes = new Set(runs.map(({ status }) => status?.vocabulary));
  const isOneTokenizer = sizes.size === 1 &&
    !differing.some(([name]) => /^(vocab|init|sources)$/.test(name));
  put(host, [
    make("div", {}, [
      make("h3", { text: "Final figures" }),
      table({
        label: "Final figures",
        head: ["figure", ...head],
        rows: FINAL.map((row) => finalRow(row, runs)),
      }),
      ...(isOneTokenizer ? [] : [
        make("p", {
          className: "note muted",
          text: "Their tokens differ: compare bits per byte, which do not depend on the tokenizer.",
        }),
      ]),
    ]),
    make("div", {}, [
      make("h3", { text: "Settings that differ" }),
      differing.length === 0 ? nothing("None.") : table({
        label: "Settings that differ",
        head: ["setting", ...head],
        rows: differing,
      }),
    ]),
  ]);
}

globalThis.drawComparison = drawComparison;

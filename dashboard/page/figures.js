// The figures at the top: of training, or of collecting documents before the first step.
"use strict";

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Progress of a run in steps or time; undefined before its first step, or without a known end. */
function progressOf({ last, settings, status }) {
  const total = status?.totalSteps;
  if (last && total) {
    return { share: last.step / total, text: `${count(last.step)} of ${count(total)} steps` };
  }
  const seconds = settings?.steps === 0 ? settings.seconds : 0;
  if (!last || !seconds || status?.remainingMs === undefined) return undefined;
  const trainedMs = Math.max(0, 1000 * seconds - status.remainingMs);
  return {
    share: trainedMs / (1000 * seconds),
    text: `${duration(trainedMs)} of ${duration(1000 * seconds)} of training`,
  };
}

/** Figures of a run with at least one step. */
function trainingTiles({ last, lastValidation, curves, status }, isRunning) {
  const total = status?.totalSteps;
  const validation = lastValidation?.validationLoss;
  const best = Math.min(...curves.validationLoss);
  const isBest = validation === undefined || validation <= best;
  return [
    ["Step", `${count(last.step)}${total ? ` / ${count(total)}` : ""}`, "step"],
    ["Loss", last.loss?.toFixed(4) ?? "–", "loss"],
    ["Validation loss", validation?.toFixed(4) ?? "–", "validationLoss"],
    isBest
      ? [
        "Validation perplexity",
        validation === undefined ? "–" : perplexity(Math.exp(validation)),
        "validationPerplexity",
      ]
      : ["Best validation loss", best.toFixed(4), "bestValidationLoss"],
    [
      "Validation bits per byte",
      lastValidation?.validationBitsPerByte?.toFixed(3) ?? "–",
      "validationBitsPerByte",
    ],
    ["Tokens per second", short(last.tokensPerSecond), "tokensPerSecond"],
    ["Elapsed", status ? duration(status.elapsedMs) : "–", "elapsed"],
    ["Time left", isRunning ? duration(status.remainingMs) : "–", "remaining"],
  ];
}

/** Figures of a run that collects documents. */
function collectingTiles({ status, flow }) {
  const { stages, corpus, bottleneck, elapsedMs } = status;
  const sourcesOf = ({ stages }) => stages.slice(0, sourcesIn(status.stages));
  const pages = (each) => sum(sourcesOf(each).map(({ itemsIn }) => itemsIn));
  const [before] = flow;
  const seconds = before ? (Date.parse(status.time) - Date.parse(before.time)) / 1000 : 0;
  const rate = seconds > 0 ? (pages(status) - pages(before)) / seconds : undefined;
  const drops = sum(stages.flatMap(({ dropped }) => Object.values(dropped)));
  return [
    ["Pages", count(pages(status)), "pages"],
    [
      "Pages per second",
      rate === undefined ? "–" : rate.toFixed(rate < 10 ? 1 : 0),
      "pagesPerSecond",
    ],
    ["Bytes read", bytes(sum(sourcesOf(status).map(({ bytesIn }) => bytesIn))), "bytesRead"],
    ["Documents kept", corpus ? count(corpus.documents) : "–", "documents"],
    ["Text kept", bytes(corpus?.textBytes), "textBytes"],
    ["Dropped", count(drops), "dropped"],
    ["Slowest stage", bottleneck ?? "–", "bottleneck"],
    ["Elapsed", duration(elapsedMs), "elapsed"],
  ];
}

/** Facts about model and corpus. */
function factsOf({ last, status }) {
  const { parameters, corpus, passes } = status ?? {};
  const more = corpus && !corpus.isWhole ? " so far" : "";
  const rest = corpus && corpus.tokenizedDocuments < corpus.documents
    ? ` in ${count(corpus.tokenizedDocuments)} documents`
    : "";
  return [
    ...(parameters === undefined ? [] : [["Parameters", short(parameters), "parameters"]]),
    ...(corpus
      ? [
        ["Documents", `${count(corpus.documents)}${more}`, "documents"],
        ["Text", `${bytes(corpus.textBytes)}${more}`, "textBytes"],
        ["Tokens", `${short(corpus.tokens)}${rest}`, "tokens"],
      ]
      : []),
    ...(last?.totalTokens === undefined
      ? []
      : [["Tokens trained", short(last.totalTokens), "totalTokens"]]),
    ...(passes === undefined ? [] : [["Passes", passes.toFixed(passes < 10 ? 2 : 1), "passes"]]),
    ...(last?.shareOfPeak ? [["Share of peak", percent(last.shareOfPeak), "shareOfPeak"]] : []),
  ];
}

/** Draws the figures of `run` into the hosts of these names. */
function drawFigures({ figures, facts, progress, progressText }, run, { isRunning }) {
  const { last, status } = run;
  const tiles = last ? trainingTiles(run, isRunning) : status ? collectingTiles(run) : [];
  figures.replaceChildren(...terms(tiles));
  facts.replaceChildren(...terms(last ? factsOf(run) : []));
  const { share, text } = progressOf(run) ?? {};
  progress.hidden = progressText.hidden = share === undefined;
  if (share === undefined) return;
  const done = Math.min(100, Math.round(100 * share));
  progress.firstElementChild.style.width = `${done}%`;
  progress.setAttribute("aria-valuenow", String(done));
  progress.setAttribute("aria-valuetext", text);
  progressText.textContent = `${done} %, ${text}`;
}

globalThis.drawFigures = drawFigures;

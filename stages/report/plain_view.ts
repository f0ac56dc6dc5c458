import { droppedText, trainingParts } from "./block.ts";
import { nodeParts } from "./nodes.ts";
import type { Progress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";
import { formatCount, formatDuration } from "./units.ts";
import type { ReadProgress, View } from "./view.ts";

/** Most lines about steps in a run. */
const MAX_STEP_LINES = 20;
/** Minimum time between two lines about steps. */
const STEP_INTERVAL_MS = 5_000;
/** Longest silence while there are no steps. */
const SILENCE_MS = 30_000;

/**
 * Plain lines for a pipe or a log file: one per phase and note, one for the first step and the last,
 * and in between one every 5 % of the run or every five seconds, whichever is rarer.
 */
export function plainView(progress: ReadProgress, { terminal }: { terminal: Terminal }): View {
  let printedAt = 0;
  let steppedAt = 0;
  let printedPart = -1;
  let printedStep = 0;

  const print = (line: string) => {
    printedAt = progress().elapsedMs;
    terminal.write(line + "\n");
  };
  const printStep = (now: Progress) => {
    printedPart = partDone(now);
    printedStep = now.report?.step ?? 0;
    print(trainingParts(now).join("  "));
  };
  const printLastStep = (now: Progress) => {
    if (now.report && now.report.step !== printedStep) printStep(now);
  };

  return {
    phase() {
      const now = progress();
      printLastStep(now);
      print(now.phase);
    },
    step({ step }) {
      const now = progress();
      steppedAt = now.elapsedMs;
      const isDue = partDone(now) > printedPart && now.elapsedMs - printedAt >= STEP_INTERVAL_MS;
      if (printedStep === 0 || step === now.totalSteps || isDue) printStep(now);
    },
    note: print,
    tick() {
      const now = progress();
      if (now.elapsedMs - Math.max(printedAt, steppedAt) < SILENCE_MS) return;
      print([now.phase, formatDuration(now.elapsedMs), ...now.stages.map(stageText)].join("  "));
      for (const parts of nodeParts(now.nodes ?? [])) terminal.write(parts.join("  ") + "\n");
    },
    close: () => printLastStep(progress()),
  };
}

/** How many of its equal parts the run has finished; a part is one step when the end is unknown. */
function partDone({ report, totalSteps, remainingMs, elapsedMs }: Progress): number {
  const step = report?.step ?? 0;
  if (totalSteps !== undefined) return Math.floor(MAX_STEP_LINES * step / totalSteps);
  if (remainingMs === undefined) return step;
  return Math.floor(MAX_STEP_LINES * elapsedMs / (elapsedMs + remainingMs));
}

function stageText(counts: Progress["stages"][number]): string {
  const dropped = droppedText(counts);
  const flow = `${counts.name} ${formatCount(counts.itemsIn)} in ${
    formatCount(counts.itemsOut)
  } out`;
  return dropped ? `${flow} (${dropped})` : flow;
}

import type { StageCounts, StageMeter } from "../meter.ts";
import { printableLine } from "../printable.ts";
import type { StepReport } from "../types.ts";
import { findBottleneck } from "./bottleneck.ts";
import { liveView } from "./live_view.ts";
import { metricsRecord } from "./metrics.ts";
import { plainView } from "./plain_view.ts";
import { nodeNews, type NodeState } from "./nodes.ts";
import { type Progress, TrainingProgress } from "./progress.ts";
import type { RunFacts } from "./run_facts.ts";
import { does } from "./silence.ts";
import { statusFile } from "./status_file.ts";
import { processTerminal, type Terminal, wrapped } from "./terminal.ts";
import { type Every, systemTimer } from "./timer.ts";
import type { View } from "./view.ts";

/** Shows the progress of a run on a terminal, in a log or as JSON. */
export interface Status extends Disposable {
  /** Enters a phase, named in a few words: "crawling". */
  phase(text: string): void;
  /** Sets the end of training on the clock of `now`, for runs that learn it only while training. */
  endAt(deadline: number): void;
  /** Records a step; throws where status.json could not be written since the last. */
  step(report: StepReport): void;
  /** Prints a line that stays: a warning, a dropped item. Not shown with `json`. */
  note(line: string): void;
  /** Shows the last state and stops. Calling it again does nothing. */
  close(): void;
}

/** Options of {@linkcode startStatus}. */
export interface StatusOptions {
  /** Stages to show, in the order of the pipeline. */
  meters?: readonly StageMeter[];
  /** Nodes of a run on several machines, as they are now; who comes and goes is noted. */
  nodes?: (() => readonly NodeState[]) | undefined;
  /** Step at which training ends. */
  totalSteps?: number;
  /** Time at which training ends, on the clock of `now`. */
  deadline?: number;
  /** By default the process's standard output. */
  terminal?: Terminal;
  /** Prints one JSON object per step and nothing else. */
  json?: boolean;
  /** Folder of the run, whose status.json is written every second. */
  runDir?: string;
  /** Returns the facts of model and corpus for status.json. */
  facts?: () => RunFacts;
  /** By default unless NO_COLOR is set. */
  color?: boolean;
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** By default the system's timer, which does not keep the process alive. */
  every?: Every;
}

/** Time between two redraws. */
const TICK_MS = 100;
/** Time between two writings of status.json. */
const STATUS_FILE_MS = 1000;
/** Time between two looks at who came and went. */
const NEWS_MS = 1000;
/** Window of the bottleneck, which covers the last one to two of them. */
const WINDOW_MS = 5_000;

/**
 * Starts showing a run: one live block on a terminal, plain lines elsewhere, or one JSON object per
 * step.
 *
 * @example
 * ```ts
 * import { assertMatch } from "@std/assert";
 * import { startStatus } from "./status.ts";
 * let shown = "";
 * const write = (text: string) => void (shown += text);
 * const terminal = { isTerminal: false, size: () => ({ columns: 80, rows: 24 }), write };
 * using status = startStatus({ totalSteps: 900, terminal });
 * status.note("3 pages were dropped");
 * assertMatch(shown, /3 pages were dropped/);
 * ```
 */
export function startStatus({
  meters = [],
  nodes,
  totalSteps,
  deadline,
  terminal = processTerminal(Deno.stdout),
  json = false,
  runDir,
  facts = () => ({}),
  color = !Deno.noColor,
  now = Date.now,
  every = systemTimer,
}: StatusOptions = {}): Status {
  const startedAt = now();
  const training = new TrainingProgress({
    ...(totalSteps !== undefined && { totalSteps }),
    ...(deadline !== undefined && { deadline }),
  });
  const seekBottleneck = movingBottleneck(now);
  let phase = "starting";
  let closed = false;

  const progress = (): Progress => {
    const stages = meters.map((meter) => meter.counts());
    const bottleneck = seekBottleneck(stages);
    return {
      phase,
      elapsedMs: now() - startedAt,
      stages,
      ...(nodes && { nodes: nodes() }),
      ...(bottleneck !== undefined && { bottleneck }),
      ...training.at(now()),
    };
  };
  const view: View = json
    ? jsonView({ terminal, now })
    : terminal.isTerminal
    ? liveView(progress, { terminal, color })
    : plainView(progress, { terminal });
  const stopTicking = every(TICK_MS, view.tick);
  const news = nodeNews();
  const stopNews = nodes === undefined ? () => {} : every(NEWS_MS, () => {
    for (const line of news(nodes())) view.note(printableLine(line));
  });
  const writeStatus = runDir === undefined
    ? () => {}
    : statusFile(runDir, { progress, facts, now });
  /** The failure to write status.json, which the next step, or the end, throws. */
  let failure: unknown;
  const stopWriting = runDir === undefined ? () => {} : every(STATUS_FILE_MS, () => {
    try {
      writeStatus();
    } catch (error) {
      failure ??= error;
    }
  });

  const close = () => {
    if (closed) return;
    closed = true;
    stopTicking();
    stopNews();
    stopWriting();
    writeStatus();
    view.close();
  };
  return {
    phase(text) {
      phase = printableLine(text);
      does(phase);
      if (!closed) view.phase();
    },
    endAt: (time) => training.endAt(time),
    step(report) {
      if (failure !== undefined) throw failure;
      training.add(report, now());
      if (!closed) view.step(report);
    },
    note(line) {
      if (!closed) view.note(printableLine(line));
      else if (!json) terminal.write(wrapped(printableLine(line), terminal) + "\n");
    },
    close,
    [Symbol.dispose]: close,
  };
}

function jsonView({ terminal, now }: { terminal: Terminal; now: () => number }): View {
  return {
    phase() {},
    step: (report) => terminal.write(JSON.stringify(metricsRecord(report, { time: now() })) + "\n"),
    note() {},
    tick() {},
    close() {},
  };
}

/** Finds the bottleneck between the meters now and one to two windows ago. */
function movingBottleneck(now: () => number) {
  let older: readonly StageCounts[] = [];
  let newer: readonly StageCounts[] = [];
  let newerAt = now();
  return (stages: readonly StageCounts[]): string | undefined => {
    if (now() - newerAt >= WINDOW_MS) {
      [older, newer, newerAt] = [newer, stages, now()];
    }
    return findBottleneck(older, stages);
  };
}

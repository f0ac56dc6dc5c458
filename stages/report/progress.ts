import type { StageCounts } from "../meter.ts";
import type { StepReport } from "../types.ts";
import type { NodeState } from "./nodes.ts";

/** Snapshot of everything the status shows. */
export interface Progress {
  /** Current phase of the run, in a few words. */
  readonly phase: string;
  readonly elapsedMs: number;
  readonly stages: readonly StageCounts[];
  /** Nodes of a run on several machines. */
  readonly nodes?: readonly NodeState[];
  /** Name of the bottleneck. */
  readonly bottleneck?: string;
  /** The last step, once there is one. */
  readonly report?: StepReport;
  readonly totalSteps?: number;
  /** Estimated time to the end of training. */
  readonly remainingMs?: number;
  /** The last validation: its step, and nats per token. */
  readonly validation?: { readonly step: number; readonly loss: number };
  /** Loss over the run so far, evenly downsampled. */
  readonly losses: readonly number[];
}

/** Most points of the loss curve; when full, neighbours are averaged and a point covers twice the
 * steps. */
const MAX_POINTS = 1024;

/** Weight of a new step in the running mean of step times. */
const SMOOTHING = 0.1;

/** Collects step reports and estimates the remaining time. */
export class TrainingProgress {
  readonly #totalSteps: number | undefined;
  #deadline: number | undefined;
  #report: StepReport | undefined;
  #validation: Progress["validation"];
  #reportedAt = 0;
  #meanStepMs = 0;
  #losses: number[] = [];
  #stepsPerPoint = 1;
  #pending: number[] = [];

  /** @param options `deadline` on the clock of `now` */
  constructor(options: { totalSteps?: number; deadline?: number }) {
    this.#totalSteps = options.totalSteps;
    this.#deadline = options.deadline;
  }

  /** The last step taken in. */
  get report(): StepReport | undefined {
    return this.#report;
  }

  /** Training ends at this time, on the clock of `now`. */
  endAt(deadline: number): void {
    this.#deadline = deadline;
  }

  /** Takes in the report of a step that ended at `now`. */
  add(report: StepReport, now: number): void {
    // Measured from report to report, so that waiting for data counts too.
    const stepMs = this.#report ? now - this.#reportedAt : report.stepMs;
    this.#meanStepMs += (stepMs - this.#meanStepMs) * (this.#report ? SMOOTHING : 1);
    this.#report = report;
    this.#reportedAt = now;
    const { step, validationLoss } = report;
    // NaN: a corpus too small to hold anything out.
    if (validationLoss !== undefined && !Number.isNaN(validationLoss)) {
      this.#validation = { step, loss: validationLoss };
    }
    this.#pending.push(report.loss);
    if (this.#pending.length < this.#stepsPerPoint) return;
    this.#losses.push(mean(this.#pending));
    this.#pending = [];
    if (this.#losses.length === MAX_POINTS) {
      this.#losses = Array.from(
        { length: MAX_POINTS / 2 },
        (_, i) => mean(this.#losses.slice(2 * i, 2 * i + 2)),
      );
      this.#stepsPerPoint *= 2;
    }
  }

  /** The training part of {@linkcode Progress}. */
  at(now: number): Omit<Progress, "phase" | "elapsedMs" | "stages" | "bottleneck"> {
    const remainingMs = this.#remainingMs(now);
    return {
      losses: this.#losses,
      ...(this.#report && { report: this.#report }),
      ...(this.#totalSteps !== undefined && { totalSteps: this.#totalSteps }),
      ...(remainingMs !== undefined && { remainingMs }),
      ...(this.#validation && { validation: this.#validation }),
    };
  }

  /** Whichever ends first: the steps or the time. */
  #remainingMs(now: number): number | undefined {
    const ends: number[] = [];
    if (this.#totalSteps !== undefined && this.#report) {
      const stepsLeft = this.#totalSteps - this.#report.step;
      ends.push(this.#reportedAt + stepsLeft * this.#meanStepMs - now);
    }
    if (this.#deadline !== undefined) ends.push(this.#deadline - now);
    return ends.length > 0 ? Math.max(0, Math.min(...ends)) : undefined;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

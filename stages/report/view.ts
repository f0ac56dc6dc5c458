import type { StepReport } from "../types.ts";
import type { Progress } from "./progress.ts";

/** One way to show a run. What it shows beyond its arguments it asks of `progress`. */
export interface View {
  /** The run does something else from now on. */
  phase(): void;
  /** A step ended. */
  step(report: StepReport): void;
  /** A line worth keeping, free of control characters. */
  note(line: string): void;
  /** Some time passed. */
  tick(): void;
  /** Nothing follows. */
  close(): void;
}

/** Asks for the state of the run now. */
export type ReadProgress = () => Progress;

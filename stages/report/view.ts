import type { StepReport } from "../types.ts";
import type { Progress } from "./progress.ts";

/** One way to show a run; gets everything beyond its arguments from `progress`. */
export interface View {
  /** The run has entered another phase. */
  phase(): void;
  /** A step ended. */
  step(report: StepReport): void;
  /** A line worth keeping, free of control characters. */
  note(line: string): void;
  /** Some time passed. */
  tick(): void;
  /** The run has ended. */
  close(): void;
}

/** Returns the current state of the run. */
export type ReadProgress = () => Progress;

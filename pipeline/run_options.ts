/**
 * Options of a run of the pipeline.
 *
 * @module
 */
import type { Retention } from "../model/checkpoint/mod.ts";
import type { StatusOptions } from "../stages/report/mod.ts";
import type { Ingest, IngestOptions } from "./ingest/ingest.ts";
import type { RunPaths, RunSettings } from "../run/folder.ts";
import type { spheresOf } from "../run/settings/training.ts";
import type { OpenRounds } from "./trainer.ts";

/** Options of a run besides its settings; they never change its result. */
export interface PipelineOptions extends Pick<StatusOptions, "nodes"> {
  readonly paths: RunPaths;
  readonly settings: RunSettings;
  /** Origin of the sample site, when that is the source. */
  readonly site: string | undefined;
  readonly spheres: ReturnType<typeof spheresOf>;
  readonly checkpointEvery: number;
  readonly retention: Retention;
  readonly fallBack: boolean;
  readonly contact: string | undefined;
  readonly chromium: string;
  /** Whether dropped.jsonl has the texts too. */
  readonly keepDropped: boolean;
  readonly json: boolean;
  /** Whether TensorBoard's event files are written too. */
  readonly tensorboard: boolean;
  readonly stop: AbortSignal;
  /** Opens where documents come from; by default the sources, on this machine. */
  readonly openIngest?: (options: IngestOptions) => Promise<Ingest>;
  /** Opens what computes the rounds of replicas; by default this machine does. */
  readonly openRounds?: OpenRounds;
  /** Receives the function that prints a line beside the run's status. */
  readonly onStatus?: (note: (line: string) => void) => void;
}

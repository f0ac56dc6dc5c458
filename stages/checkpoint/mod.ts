/**
 * StepReport → StepReport: writes the snapshots in the reports as checkpoints.
 *
 * @module
 */
import { join } from "node:path";
import {
  checkpointName,
  checkRetention,
  type Retention,
  rotateCheckpoints,
} from "../../model/checkpoint/mod.ts";
import { StageMeter } from "../meter.ts";
import { metered } from "../metered.ts";
import { bounded } from "../queue.ts";
import type { Snapshot, StepReport } from "../types.ts";

/** Metrics of the step after which a snapshot was taken. */
export type SnapshotMetrics = Readonly<Record<string, number>>;

/** The metrics of a report that are saved with its snapshot. */
export function metricsOf(report: StepReport): SnapshotMetrics {
  const { loss, gradNorm, learningRate, tokensPerSecond, validationLoss } = report;
  return {
    loss,
    gradNorm,
    learningRate,
    tokensPerSecond,
    ...(validationLoss === undefined ? {} : { validationLoss }),
  };
}

/** Size of a report without a snapshot. */
const REPORT_BYTES = 4096;
/** Bound of the input queue in bytes: one report, with or without its snapshot. */
const QUEUE_BYTES = 1;

/** Options of {@linkcode checkpoint}. */
export interface CheckpointOptions {
  /** Folder of the run's checkpoints; made when missing. */
  readonly dir: string;
  /** Writes one checkpoint to `path`, durably; `saveCheckpoint` with the run's options. */
  readonly save: (path: string, snapshot: Snapshot, metrics: SnapshotMetrics) => Promise<void>;
  /** Which checkpoints to keep; the last three and the best by default. */
  readonly retention?: Retention;
  /** Counts bytes of weights and moments, as they are begun and as they are on the disk. */
  readonly meter?: StageMeter;
  /** Called for each checkpoint once it is on the disk. */
  readonly onSaved?: (saved: { step: number; path: string }) => void;
}

/**
 * Takes the snapshot off each report that has one, saves it as `dir/step-000500`, removes the
 * checkpoints that are no longer wanted, and passes the report on.
 *
 * It writes beside training: the report goes on at once, and only the next snapshot waits until the
 * one before is on the disk, so that a slow disk slows training down and memory holds two snapshots
 * at most. A checkpoint that cannot be saved errors the stream: training on would risk losing work
 * silently. The stream ends or fails only after the checkpoint in progress is on the disk.
 *
 * @throws {RangeError} when the retention makes no sense
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { checkpoint } from "./mod.ts";
 * import type { StepReport } from "../types.ts";
 * const reports = ReadableStream.from<StepReport>([]);
 * const save = () => Promise.reject(new Error("nothing to save"));
 * const passed = await Array.fromAsync(reports.pipeThrough(checkpoint({ dir: "checkpoints", save })));
 * assertEquals(passed, []);
 * ```
 */
export function checkpoint(
  options: CheckpointOptions,
): ReadableWritablePair<StepReport, StepReport> {
  const { dir, save, retention = {}, meter = new StageMeter("checkpoint"), onSaved } = options;
  checkRetention(retention);
  /** Resolves when nothing is being written; never rejects. */
  let writing: Promise<void> = Promise.resolve();
  let failure: Error | undefined;
  let stage: TransformStreamDefaultController<StepReport> | undefined;

  const write = async (snapshot: Snapshot, metrics: SnapshotMetrics): Promise<void> => {
    const path = join(dir, checkpointName(snapshot.step));
    try {
      await save(path, snapshot, metrics);
      await rotateCheckpoints(dir, retention);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      failure = new Error(`Cannot save step ${snapshot.step}: ${reason}`, { cause });
      stage?.error(failure);
      return;
    }
    onSaved?.({ step: snapshot.step, path });
  };
  const written = async (): Promise<void> => {
    meter.phase("busy");
    await writing;
    meter.phase("waiting");
    if (failure) throw failure;
  };

  const pair = new TransformStream<StepReport, StepReport>(
    {
      start(controller) {
        stage = controller;
      },
      async transform({ snapshot, ...report }, controller) {
        const bytes = snapshot ? bytesOf(snapshot) : 0;
        meter.in(bytes);
        if (snapshot) {
          await written();
          writing = write(snapshot, metricsOf(report));
        }
        meter.out(bytes);
        controller.enqueue(report);
      },
      flush: written,
      // The canceller has its own reason, but must wait until files are written.
      cancel: () => writing,
    },
    bounded(QUEUE_BYTES, ({ snapshot }: StepReport) => snapshot ? bytesOf(snapshot) : REPORT_BYTES),
  );
  return metered(pair, meter);
}

function bytesOf({ parameters, firstMoment, secondMoment, areas = new Map() }: Snapshot): number {
  return [parameters, firstMoment, secondMoment, ...areas.values()]
    .reduce((sum, { byteLength }) => sum + byteLength, 0);
}

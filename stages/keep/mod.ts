/**
 * StepReport to StepReport: writes the snapshots that come along as checkpoints.
 *
 * @module
 */
import { join } from "node:path";
import { checkpointName, rotateCheckpoints } from "../../model/checkpoint/mod.ts";
import { StageMeter } from "../meter.ts";
import type { Snapshot, StepReport } from "../types.ts";

/** Options of {@linkcode keep}. */
export interface KeepOptions {
  /** Folder of the run's checkpoints; made when missing. */
  readonly dir: string;
  /** Writes one checkpoint to `path`, durably; `saveCheckpoint` with the run's options. */
  readonly save: (path: string, snapshot: Snapshot) => Promise<void>;
  /** How many checkpoints stay. Default 3. */
  readonly keepLast?: number;
  readonly meter?: StageMeter;
  /** Told of each checkpoint once it is on the disk. */
  readonly onSaved?: (saved: { step: number; path: string }) => void;
}

/**
 * Takes the snapshot off each report that has one, saves it as `dir/step-000500`, removes the oldest
 * checkpoints, and passes the report on. While it saves it takes nothing in, so that a slow disk
 * slows training down and memory holds one snapshot. A checkpoint that cannot be saved errors the
 * stream: training on would risk losing work silently.
 *
 * @throws {RangeError} when `keepLast` is not a positive integer
 * @example
 * ```ts
 * import { keep } from "./mod.ts";
 * import type { StepReport } from "../types.ts";
 * const reports = ReadableStream.from<StepReport>([]);
 * const save = () => Promise.reject(new Error("nothing to save"));
 * const passed = await Array.fromAsync(reports.pipeThrough(keep({ dir: "checkpoints", save })));
 * console.assert(passed.length === 0);
 * ```
 */
export function keep(options: KeepOptions): TransformStream<StepReport, StepReport> {
  const { dir, save, keepLast = 3, meter = new StageMeter("keep"), onSaved } = options;
  if (!Number.isInteger(keepLast) || keepLast < 1) {
    throw new RangeError(`Cannot keep checkpoints: keepLast must be at least 1, got ${keepLast}`);
  }
  return new TransformStream({
    async transform({ snapshot, ...report }, controller) {
      const bytes = snapshot ? bytesOf(snapshot) : 0;
      meter.in(bytes);
      if (snapshot) {
        meter.phase("busy");
        const path = join(dir, checkpointName(snapshot.step));
        try {
          await save(path, snapshot);
          await rotateCheckpoints(dir, { keepLast });
        } catch (cause) {
          const reason = cause instanceof Error ? cause.message : String(cause);
          throw new Error(`Cannot keep step ${snapshot.step}: ${reason}`, { cause });
        }
        onSaved?.({ step: snapshot.step, path });
        meter.phase("waiting");
      }
      meter.out(bytes);
      controller.enqueue(report);
    },
  });
}

function bytesOf({ parameters, firstMoment, secondMoment }: Snapshot): number {
  return parameters.byteLength + firstMoment.byteLength + secondMoment.byteLength;
}

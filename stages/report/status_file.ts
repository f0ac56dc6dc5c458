import { join } from "node:path";
import { writeFailure } from "../../model/system_error.ts";
import type { ReplicaPlace } from "../types.ts";
import type { NodeState } from "./nodes.ts";
import type { RunFacts } from "./run_facts.ts";
import type { ReadProgress } from "./view.ts";

/** State of a run in `status.json` of its folder, for other processes. */
export interface StatusFile extends RunFacts {
  /** ISO 8601 instant of writing; a live run writes every second. */
  readonly time: string;
  readonly phase: string;
  readonly elapsedMs: number;
  readonly bottleneck?: string;
  /** Which replica the last step was of, in a run with several. */
  readonly replica?: ReplicaPlace;
  readonly totalSteps?: number;
  readonly remainingMs?: number;
  readonly stages: ReturnType<ReadProgress>["stages"];
  /** Nodes of a run on several machines. */
  readonly nodes?: readonly NodeState[];
}

/** Writes `status.json` of `runDir`, whole or not at all. */
export function statusFile(
  runDir: string,
  { progress, facts, now }: {
    progress: ReadProgress;
    facts: () => RunFacts;
    now: () => number;
  },
): () => void {
  const path = join(runDir, "status.json");
  return () => {
    const shown = progress();
    const { phase, elapsedMs, stages, nodes, bottleneck, totalSteps, remainingMs } = shown;
    const status: StatusFile = {
      time: new Date(now()).toISOString(),
      phase,
      elapsedMs,
      stages,
      ...(nodes !== undefined && { nodes }),
      ...(bottleneck !== undefined && { bottleneck }),
      ...(shown.report?.replica && { replica: shown.report.replica }),
      ...(totalSteps !== undefined && { totalSteps }),
      ...(remainingMs !== undefined && { remainingMs }),
      ...facts(),
    };
    // The rename is atomic for readers; the file need not survive a crash of the machine.
    try {
      Deno.writeTextFileSync(`${path}.new`, JSON.stringify(status));
      Deno.renameSync(`${path}.new`, path);
    } catch (cause) {
      throw writeFailure(path, cause);
    }
  };
}

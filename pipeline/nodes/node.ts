/**
 * A node of a run on several machines: what its roles are given.
 *
 * @module
 */
import type { ClusterRun } from "../../cluster/run.ts";
import type { RoleState } from "../../cluster/heartbeat.ts";
import type { RunSettings } from "../../run/folder.ts";

/** Choices of the keeper that are no settings of the run. */
export interface KeeperOptions {
  readonly checkpointEvery: number;
  readonly keepLast: number;
  readonly keepEvery: number;
  readonly keepDropped: boolean;
  readonly tensorboard: boolean;
  readonly contact: string | undefined;
  /** Whether keepers share one folder, so that nothing of it goes over the broker. */
  readonly sharedFolder: boolean;
  /** Bytes of files in one part. */
  readonly partBytes: number;
}

/** A node that has joined a run. */
export interface Node {
  readonly run: ClusterRun;
  /** Its name among the nodes. */
  readonly name: string;
  readonly settings: RunSettings;
  readonly options: KeeperOptions;
  /** Ends its roles. */
  readonly stop: AbortSignal;
  /** Prints a line. */
  readonly note: (line: string) => void;
}

/** A role at work; `state` is what the others see of it. */
export interface RoleAtWork {
  readonly state: () => RoleState;
  /** Resolves when the run is over. */
  readonly done: Promise<void>;
}

/** Counters of a role, for its state. */
export class RoleCounts {
  readonly #counts: Record<string, number> = {};

  add(name: string, count = 1): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + count;
  }

  /** Messages on the broker that wait to be taken. */
  lag: number | undefined;
  /** What the role waits for, in words that can follow "waits for". */
  waitsFor: string | undefined;

  get all(): Record<string, number> {
    return { ...this.#counts };
  }
}

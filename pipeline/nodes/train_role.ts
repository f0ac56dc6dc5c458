/**
 * The role `train`: turns of replicas, and the keeper's side of it.
 *
 * @module
 */
import type { Lease } from "../../cluster/lease.ts";
import { openBlobs } from "../../cluster/train/blobs.ts";
import { leadRounds } from "../../cluster/train/lead.ts";
import { trainNode } from "../../cluster/train/node.ts";
import { probeKernels } from "../../cluster/train/probe.ts";
import { DEFAULT_LEAVES } from "../../workers/mod.ts";
import { UsageError } from "../../cli/flags.ts";
import type { OpenRounds } from "../trainer.ts";
import { type Node, type RoleAtWork, RoleCounts } from "./node.ts";

/** Computes turns, one at a time, until the node stops. */
export function trainRole(
  node: Node,
  { spheres: { workers } }: { spheres: { workers: number } },
): RoleAtWork {
  if (node.settings.replicas === undefined) {
    throw new UsageError(
      `Cannot join the run ${node.run.names.run} as train: it has one model, which its keeper ` +
        "trains; create a run with --replicas N",
    );
  }
  const counts = new RoleCounts();
  const at = { owns: [] as number[] };
  return {
    state: () => ({
      role: "train",
      active: true,
      counts: counts.all,
      owns: at.owns,
      waitsFor: counts.waitsFor,
    }),
    done: work(node, { workers, counts, at }),
  };
}

async function work(
  { run, name, stop, note }: Node,
  { workers, counts, at }: {
    workers: number;
    counts: RoleCounts;
    at: { owns: number[] };
  },
): Promise<void> {
  try {
    await trainNode({
      run,
      node: name,
      workers,
      signal: stop,
      onEvent(event) {
        counts.waitsFor = event.kind === "waits" ? event.for : undefined;
        at.owns = event.kind === "begins" ? [event.rank] : [];
        if (event.kind === "ends") counts.add("turns");
        if (event.kind !== "loses") return;
        counts.add("lost");
        note(`round ${event.round} of replica ${event.rank + 1} goes to another node`);
      },
    });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

/** Opens what hands the rounds of a run out to the nodes that train. */
export function openNodeRounds(
  { run, stop }: Node,
  { lease, counts }: { lease: Lease; counts: RoleCounts },
): OpenRounds {
  return async (replicas, options) => {
    const { config, rows, cols, leaves = DEFAULT_LEAVES, strictSimd = false, headSample } = options;
    const { signal } = lease;
    const blobs = await openBlobs(run, { signal, create: true });
    const probe = await probeKernels({ strictSimd });
    const training = {
      ...{ config, rows, cols, leaves, strictSimd, probe },
      ...headSample && { headSample },
    };
    const onWait = (rank: number | undefined) => {
      counts.waitsFor = rank === undefined ? undefined : `replica ${rank + 1}`;
    };
    return leadRounds({ run, blobs, training, replicas, signal, stop, onWait });
  };
}

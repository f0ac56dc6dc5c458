/**
 * The role `keeper`: documents to a model, as one machine does from the journal on. One of the nodes
 * with this role works, the others stand by.
 *
 * @module
 */
import { join } from "node:path";
import { readIfThere } from "../../model/durable.ts";
import { watchNodes } from "../../cluster/heartbeat.ts";
import { type Lease, LostLease, pause, takeLease } from "../../cluster/lease.ts";
import { patiently } from "../../cluster/patiently.ts";
import { isAway } from "../../cluster/to_stream.ts";
import { readManifest } from "../../run/manifest.ts";
import { readSettings, type RunPaths, runPaths, writeSettings } from "../../run/folder.ts";
import { lockRun } from "../../run/lock.ts";
import { makeFolder } from "../../run/make_folder.ts";
import type { spheresOf } from "../../run/settings/training.ts";
import { UsageError } from "../../cli/flags.ts";
import { reasonOf } from "../../cli/failure.ts";
import { runPipeline } from "../run.ts";
import { openFence, StaleKeeper } from "./fence.ts";
import { openKeeperIngest } from "./keeper_ingest.ts";
import { Mirror, openObjects } from "./mirror.ts";
import { type Node, type RoleAtWork, RoleCounts } from "./node.ts";
import { endRun, putStatus } from "./run_state.ts";
import { takeOver } from "./take_over.ts";
import { openNodeRounds } from "./train_role.ts";

const STATUS_MS = 1_000, MIRROR_MS = 3_000;

/** What a keeper uses of its machine. */
export interface KeeperMachine {
  /** The run folder on this machine. */
  readonly folder: string;
  readonly spheres: ReturnType<typeof spheresOf>;
}

/** Keeps the run when it holds the lease, and stands by until then. */
export function keeperNode(node: Node, machine: KeeperMachine): RoleAtWork {
  const counts = new RoleCounts();
  const at = { active: false };
  return {
    state: () => ({
      role: "keeper",
      active: at.active,
      counts: counts.all,
      owns: [],
      waitsFor: at.active ? counts.waitsFor : "the lease of the keeper",
      lag: counts.lag,
    }),
    done: work(node, machine, { counts, at }),
  };
}

async function work(
  node: Node,
  machine: KeeperMachine,
  { counts, at }: { counts: RoleCounts; at: { active: boolean } },
): Promise<void> {
  const { run, name, stop, note } = node;
  const options = {
    bucket: run.leases,
    key: "keeper",
    holder: name,
    ttlMs: run.record.leaseMs,
  };
  const paths = runPaths(machine.folder);
  await makeFolder(paths.root, { flag: "folder" });
  for (let isFirst = true; !stop.aborted; isFirst = false) {
    const lease = await patiently(stop, () => takeLease(options));
    if (lease === undefined) {
      if (isFirst) note("another node keeps the run: this one stands by");
      await pause(options.ttlMs / 4, stop).catch(() => {});
      continue;
    }
    at.active = true;
    try {
      await keep(node, machine, { lease, paths, counts });
      return;
    } catch (error) {
      if (stop.aborted) return;
      if (!(error instanceof LostLease) && !(error instanceof StaleKeeper) && !isAway(error)) {
        const end = { phase: "failed" as const, error: reasonOf(error), keeper: name };
        await patiently(stop, () => endRun(run.bucket, end));
        throw error;
      }
      note(reasonOf(error));
    } finally {
      at.active = false;
      await lease[Symbol.asyncDispose]();
    }
  }
}

/** The folder has the settings of the run, or takes them. */
async function adoptSettings(paths: RunPaths, { run, settings }: Node): Promise<void> {
  const existing = await readSettings(paths);
  if (existing === undefined) return await writeSettings(paths, settings);
  if (JSON.stringify(existing) === JSON.stringify(settings)) return;
  throw new UsageError(
    `Cannot keep the run ${run.names.run} in ${paths.root}: it is the folder of a run with other ` +
      "settings; name another with --folder",
  );
}

async function keep(
  node: Node,
  { spheres }: KeeperMachine,
  { lease, paths, counts }: { lease: Lease; paths: RunPaths; counts: RoleCounts },
): Promise<void> {
  const { run, name, settings, options, stop, note } = node;
  // Keepers that share a folder are kept apart by the lease, and then by its lock.
  using _lock = await lockRun(paths.root);
  await adoptSettings(paths, node);
  const fence = await openFence(run.bucket, lease);
  const objects = options.sharedFolder ? undefined : await openObjects(run);
  const mirror = objects && new Mirror({
    objects,
    paths,
    fence,
    lease,
    before: await takeOver({
      paths,
      run: run.record.sha256,
      lease: lease.revision,
      before: fence.before,
      objects,
      signal: AbortSignal.any([stop, lease.signal]),
      note,
    }),
  });
  note(`keeps the run ${run.names.run} in ${paths.root}, by lease ${lease.revision}`);
  await using watch = watchNodes(run.bucket);
  const broken = new AbortController();
  const mirroring = setInterval(() => {
    mirror?.sync().catch((error) => broken.abort(error));
  }, MIRROR_MS);
  const status = setInterval(async () => {
    const text = await readIfThere(join(paths.root, "status.json"));
    if (text !== undefined) await putStatus(run.bucket, text);
  }, STATUS_MS);
  try {
    await runPipeline({
      paths,
      settings,
      site: undefined,
      spheres: { ...spheres, strictSimd: settings.strictSimd },
      checkpointEvery: options.checkpointEvery,
      fallBack: false,
      retention: { keepLast: options.keepLast, keepEvery: options.keepEvery },
      contact: options.contact,
      chromium: "",
      keepDropped: options.keepDropped,
      json: false,
      tensorboard: options.tensorboard,
      stop: AbortSignal.any([stop, lease.signal, broken.signal]),
      nodes: watch.nodes,
      openIngest: (ingest) => openKeeperIngest(ingest, { node, lease, fence, mirror, counts }),
      openRounds: openNodeRounds(node, { lease, counts }),
    });
  } finally {
    clearInterval(status);
    clearInterval(mirroring);
  }
  // A stop ends the pipeline without an error.
  if (stop.aborted) return;
  lease.check();
  broken.signal.throwIfAborted();
  const manifest = (await readManifest(paths))?.sha256;
  await patiently(stop, () => endRun(run.bucket, { phase: "ended", manifest, keeper: name }));
}

/**
 * Joins a run with some roles and works until it is over.
 *
 * @module
 */
import { type Cluster, connectCluster } from "../../cluster/connect.ts";
import { readCredentials } from "../../cluster/credentials.ts";
import { beat, type Role, type RoleState } from "../../cluster/heartbeat.ts";
import { pause } from "../../cluster/lease.ts";
import { patiently } from "../../cluster/patiently.ts";
import { type ClusterRun, joinRun } from "../../cluster/run.ts";
import { runNames } from "../../cluster/subjects.ts";
import { digestProgram } from "../../run/program_digest.ts";
import type { RunSettings } from "../../run/folder.ts";
import { UsageError } from "../../cli/flags.ts";
import { crawlNode } from "./crawl_node.ts";
import { type KeeperMachine, keeperNode } from "./keeper_node.ts";
import type { KeeperOptions, Node, RoleAtWork } from "./node.ts";
import { readEnd, type RunEnd, watchRun } from "./run_state.ts";
import { textNode } from "./text_node.ts";
import { trainRole } from "./train_role.ts";

/** Between two looks at a run that has failed. */
const LOOK_MS = 1_000;

/** Options of {@linkcode joinCluster}. */
export interface JoinOptions {
  readonly servers: string;
  readonly run: string;
  readonly roles: readonly Role[];
  readonly credentials: string | undefined;
  readonly machine: KeeperMachine;
  readonly stop: AbortSignal;
  readonly note: (line: string) => void;
}

/** Opens the connection of this process, with the credentials of a file or the environment. */
export async function connectHere(
  { servers, run, credentials, name }:
    & Pick<JoinOptions, "servers" | "run" | "credentials">
    & { name: string },
): Promise<Cluster> {
  // A wrong name is refused before anybody is asked.
  runNames(run);
  return await connectCluster(servers, {
    name,
    credentials: await readCredentials({ file: credentials, env: Deno.env }),
  });
}

/**
 * Works in a run until it is over, or `stop` aborts. While the run has failed, the node waits for it to
 * go on.
 */
export async function joinCluster(options: JoinOptions): Promise<void> {
  const { run: runName, roles, machine, stop, note } = options;
  const name = `${Deno.hostname().split(".")[0]}-${Deno.pid}`;
  await using cluster = await connectHere({ ...options, name });
  const run = await joinRun(cluster, runName, {
    signal: stop,
    onWait: () => note(`waits for the run ${runName}: deno task pipeline --cluster creates it`),
  });
  const { sha256 } = await digestProgram();
  if (sha256 !== run.record.program) {
    throw new UsageError(
      `Cannot join the run ${runName}: it was created by another version of the program`,
    );
  }
  const shared = {
    run,
    name,
    // Written by launch.ts of the same program.
    settings: run.record.settings as RunSettings,
    options: run.record.options as KeeperOptions,
    note,
  };
  let atWork: readonly RoleAtWork[] = [];
  await using _beating = beat({
    bucket: run.bucket,
    node: name,
    roles: () => atWork.length > 0 ? atWork.map(({ state }) => state()) : roles.map(waiting),
  });
  note(`${name} joins the run ${runName}: ${roles.join(", ")}`);
  let told = "";
  for (;;) {
    const end = await endOf(run, stop);
    if (stop.aborted || (end && end.phase !== "failed")) return;
    if (end === undefined) {
      const over = new AbortController();
      const node = { ...shared, stop: AbortSignal.any([stop, over.signal]) };
      atWork = roles.map((role) => begin(role, { node, machine }));
      await untilEnd(node, { over, atWork });
      atWork = [];
      continue;
    }
    const line = `the run ${runName} has failed on ${end.keeper}: ${end.error}\n` +
      "this node waits for it to go on: mend that, start that keeper again, and repeat the command " +
      "that created the run; --end there ends the nodes";
    if (line !== told) note(line);
    told = line;
    await pause(LOOK_MS, stop).catch(() => {});
  }
}

/** How the run ended, if it has; nothing once `stop` aborts. */
async function endOf({ bucket }: ClusterRun, stop: AbortSignal): Promise<RunEnd | undefined> {
  try {
    return await patiently(stop, () => readEnd(bucket));
  } catch (error) {
    if (!stop.aborted) throw error;
    return undefined;
  }
}

/** What a role shows that does nothing. */
const waiting = (role: Role): RoleState => ({
  ...{ role, active: false, counts: {}, owns: [] },
  waitsFor: "the run, which has failed, to go on",
});

/** Resolves when the run has ended, or the node is stopped, and all roles with it. */
async function untilEnd(
  { run, stop }: Node,
  { over, atWork }: { over: AbortController; atWork: readonly RoleAtWork[] },
): Promise<void> {
  const watching = watchRun(run.bucket, { signal: stop }).then((end) => {
    if (end) over.abort(new DOMException(`the run has ${end.phase}`, "AbortError"));
  });
  try {
    await Promise.all(atWork.map(({ done }) => done));
    // A role may have ended the run itself.
    if (!stop.aborted) await watching;
  } finally {
    over.abort(new DOMException("the node leaves", "AbortError"));
    await Promise.allSettled(atWork.map(({ done }) => done));
    await watching;
  }
}

function begin(role: Role, { node, machine }: { node: Node; machine: KeeperMachine }): RoleAtWork {
  switch (role) {
    case "crawl":
      return crawlNode(node);
    case "text":
      return textNode(node);
    case "keeper":
      return keeperNode(node, machine);
    case "train":
      return trainRole(node, machine);
  }
}

/**
 * Joins a run with some roles and works until it is over.
 *
 * @module
 */
import { type Cluster, connectCluster } from "../../cluster/connect.ts";
import { readCredentials } from "../../cluster/credentials.ts";
import { beat, type Role } from "../../cluster/heartbeat.ts";
import { joinRun } from "../../cluster/run.ts";
import { runNames } from "../../cluster/subjects.ts";
import { digestProgram } from "../../run/program_digest.ts";
import type { RunSettings } from "../../run/folder.ts";
import { UsageError } from "../../cli/flags.ts";
import { crawlNode } from "./crawl_node.ts";
import { type KeeperMachine, keeperNode } from "./keeper_node.ts";
import type { KeeperOptions, Node, RoleAtWork } from "./node.ts";
import { watchRun } from "./run_state.ts";
import { textNode } from "./text_node.ts";
import { trainRole } from "./train_role.ts";

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

/** Works in a run until it is over, or `stop` aborts. */
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
  const over = new AbortController();
  const node: Node = {
    run,
    name,
    // Written by launch.ts of the same program.
    settings: run.record.settings as RunSettings,
    options: run.record.options as KeeperOptions,
    stop: AbortSignal.any([stop, over.signal]),
    note,
  };
  const watching = watchRun(run.bucket, { signal: node.stop }).then((end) => {
    if (end) over.abort(new DOMException(`the run has ${end.phase}`, "AbortError"));
  });
  const atWork = roles.map((role) => begin(role, { node, machine }));
  note(`${node.name} joins the run ${runName}: ${roles.join(", ")}`);
  const states = () => atWork.map(({ state }) => state());
  const beating = beat({ bucket: run.bucket, node: node.name, roles: states });
  try {
    await Promise.all(atWork.map(({ done }) => done));
    // A role may have ended the run itself.
    if (!stop.aborted) await watching;
  } finally {
    over.abort(new DOMException("the node leaves", "AbortError"));
    await Promise.allSettled(atWork.map(({ done }) => done));
    await watching;
    await beating[Symbol.asyncDispose]();
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

/**
 * `dashboard`: a page that shows runs as they train, one beside another.
 *
 * @module
 */
import { basename, resolve } from "node:path";
import {
  type ApiKeys,
  createDashboard,
  type DashboardOptions,
  listen,
  type Listener,
  type RunHistory,
} from "../serve/mod.ts";
import { type MetricsRecord, prometheusText, type StatusFile } from "../stages/report/mod.ts";
import type { Command } from "./command.ts";
import { isAddressTaken, reasonOf } from "./failure.ts";
import { number, parseFlags } from "./flags.ts";
import { stopOnInterrupt } from "./interrupt.ts";
import { hostNamesOf, LISTEN_FLAGS, readApiKeys } from "./listen_keys.ts";
import { requireSettings, RUN_FLAG, runOperand } from "./open_run.ts";
import { say } from "./print.ts";

/** Where the dashboard is unless told otherwise. */
export const DASHBOARD_PORT = 8010;

const FLAGS = {
  ...RUN_FLAG,
  ...LISTEN_FLAGS,
  port: number({
    help: "port to listen on; 0 takes a free one",
    max: 65535,
    defaultValue: DASHBOARD_PORT,
  }),
};

/** The `dashboard` command. */
export const dashboard: Command = {
  name: "dashboard",
  summary: "Shows runs as they train, on a page. Reads run folders, changes nothing.",
  operands: "[RUN]...",
  flags: FLAGS,
  examples: [
    "deno task dashboard",
    "deno task dashboard runs/first runs/mine",
  ],
  async run(args) {
    const { values, operands } = parseFlags(args, { flags: FLAGS });
    const apiKeys = await readApiKeys(values);
    const { run } = values;
    const folders = operands.length > 1 && run === undefined
      ? operands
      : [runOperand(operands, { command: "show", run })];
    for (const folder of folders) await requireSettings(folder);
    using interrupt = stopOnInterrupt();
    const { hostname, port, finished } = await listenDashboard(folders, {
      ...{ hostname: values.hostname, port: values.port, signal: interrupt.signal },
      ...{ hostNames: hostNamesOf(values), ...(apiKeys && { apiKeys }) },
    });
    say(
      `Dashboard on http://${hostname}:${port}/` +
        (apiKeys ? " (any name; the password is an API key)" : ""),
    );
    await finished;
    return 0;
  },
};

/**
 * The application over run folders, for those who bear one of `apiKeys` and ask by one of `hostNames`
 * where these are given; a run is named by its folder, with the path where it must be.
 */
export function dashboardOf(
  folders: readonly string[],
  who: Pick<DashboardOptions, "apiKeys" | "hostNames"> = {},
): ReturnType<typeof createDashboard> {
  const dirs = [...new Set(folders.map((folder) => resolve(folder)))];
  const names = dirs.map((dir) => basename(dir));
  const runs = dirs.map((dir, i) => {
    const name = names[i] ?? dir;
    return { name: names.filter((other) => other === name).length > 1 ? dir : name, dir };
  });
  return createDashboard({ runs, exposition, ...who });
}

/** Where {@linkcode listenDashboard} listens, and to whom. */
export interface DashboardListenOptions {
  readonly hostname: string;
  readonly port: number;
  readonly signal: AbortSignal;
  /** One of these must come with every request. */
  readonly apiKeys?: ApiKeys;
  /** Names by which it answers, beside those of this machine alone. */
  readonly hostNames?: readonly string[];
}

/** Listens for the dashboard alone. */
export async function listenDashboard(
  folders: readonly string[],
  { hostname, port, signal, apiKeys, hostNames = [] }: DashboardListenOptions,
): Promise<Listener> {
  try {
    return await listen(dashboardOf(folders, { hostNames, ...(apiKeys && { apiKeys }) }), {
      ...{ hostname, port, signal },
    });
  } catch (cause) {
    const reason = isAddressTaken(cause) ? "another program listens there" : reasonOf(cause);
    throw new Error(
      `Cannot show the dashboard on ${hostname}:${port}: ${reason}; choose another port`,
      { cause },
    );
  }
}

function exposition({ last, status }: RunHistory): Promise<string> {
  // Both were written by stages/report, whole.
  const record = last as MetricsRecord | null;
  const stages = (status as StatusFile | null)?.stages ?? [];
  return prometheusText({ ...(record && { record }), stages });
}

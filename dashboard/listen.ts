/**
 * The dashboard over run folders, as an application or on its own port.
 *
 * @module
 */
import { basename, resolve } from "node:path";
import { isAddressTaken, reasonOf } from "../cli/failure.ts";
import { type ApiKeys, listen, type Listener } from "../serve/mod.ts";
import { type MetricsRecord, prometheusText, type StatusFile } from "../stages/report/mod.ts";
import { createDashboard, type DashboardOptions } from "./app.ts";
import type { RunHistory } from "./run_files.ts";

/**
 * The application over run folders, restricted to `apiKeys` and `hostNames` where these are given. A run
 * has the name of its folder, with its path where names would clash.
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

/** Address and access options of {@linkcode listenDashboard}. */
export interface DashboardListenOptions {
  readonly hostname: string;
  readonly port: number;
  readonly signal: AbortSignal;
  /** Every request must have one of these. */
  readonly apiKeys?: ApiKeys;
  /** Allowed host names besides loopback's. */
  readonly hostNames?: readonly string[];
}

/** Serves the dashboard alone. */
export async function listenDashboard(
  folders: readonly string[],
  { hostname, port, signal, apiKeys, hostNames = [] }: DashboardListenOptions,
): Promise<Listener> {
  try {
    return await listen(dashboardOf(folders, { hostNames, ...(apiKeys && { apiKeys }) }), {
      hostname,
      port,
      signal,
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
  // stages/report writes both atomically.
  const record = last as MetricsRecord | null;
  const { stages = [], nodes = [] } = (status as StatusFile | null) ?? {};
  return prometheusText({ ...(record && { record }), stages, nodes });
}

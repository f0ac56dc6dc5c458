/**
 * The processes of a run on several machines, for a bench.
 *
 * @module
 */
import { join } from "node:path";
import { connectCluster } from "../cluster/connect.ts";
import { type Host, LOOPBACK } from "./host.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const RETRY_MS = 200;
/** The flag that the task `lean` of deno.json sets for `pipeline` and `node`. */
const LEAN = "--v8-flags=--optimize-for-size";

/** A server, and what else was started; all of them end with it. */
export interface Processes extends AsyncDisposable {
  /** Its address, for `--cluster`. */
  readonly servers: string;
  /** Its process. */
  readonly pid: number;
  /** Starts `main.ts ...args` in a place, and gives its process. */
  start(args: readonly string[], place?: Place): number;
}

/** Where a process runs. */
export interface Place {
  readonly host?: Host;
  /** Goes before its command: `taskset -c 0`. */
  readonly before?: readonly string[];
}

/** Starts nats-server in a place, with its store in `folder`, and waits until it takes connections. */
export async function startProcesses(
  folder: string,
  { host = LOOPBACK, before = [] }: Place = {},
): Promise<Processes> {
  const children = new AsyncDisposableStack();
  const spawn = ([command, ...args]: readonly [string, ...string[]]) => {
    const child = new Deno.Command(command, { args, stdout: "null", stderr: "null" }).spawn();
    children.defer(async () => {
      try {
        child.kill("SIGKILL");
      } catch (error) {
        // It ended with the run.
        if (!(error instanceof TypeError)) throw error;
      }
      await child.status;
    });
    return child.pid;
  };
  const placed = (command: readonly string[], { host = LOOPBACK, before = [] }: Place) => {
    const [first = "", ...rest] = [...before, ...command];
    return spawn(host.command([first, ...rest]));
  };
  const port = freePort();
  const store = join(folder, "nats");
  const server = ["nats-server", "-js", "-a", host.address, "-p", `${port}`, "-sd", store];
  const pid = placed(server, { host, before });
  const servers = `nats://${host.address}:${port}`;
  await (await connectWhenReady(servers)).connection.close();
  return {
    servers,
    pid,
    start: (args, place = {}) =>
      placed([Deno.execPath(), "run", "--quiet", "--allow-all", LEAN, MAIN, ...args], place),
    [Symbol.asyncDispose]: () => children.disposeAsync(),
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** A server that has just been started refuses connections for a moment. */
async function connectWhenReady(servers: string) {
  const begun = performance.now();
  for (;;) {
    try {
      return await connectCluster(servers, { name: "bench" });
    } catch (error) {
      if (!String(error).includes("refused") || performance.now() - begun > 10_000) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

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
  /** Starts `main.ts ...args` on a host, with another command before it: `taskset -c 0`. */
  start(args: readonly string[], choice?: { host?: Host; before?: readonly string[] }): void;
}

/** Starts nats-server on a host, with its store in `folder`, and waits until it takes connections. */
export async function startProcesses(folder: string, host: Host = LOOPBACK): Promise<Processes> {
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
  };
  const port = freePort();
  const store = join(folder, "nats");
  spawn(host.command([
    "nats-server",
    ...["-js", "-a", host.address, "-p", `${port}`, "-sd", store],
  ]));
  const servers = `nats://${host.address}:${port}`;
  await (await connectWhenReady(servers)).connection.close();
  return {
    servers,
    start(args, { host = LOOPBACK, before = [] } = {}) {
      const program = [Deno.execPath(), "run", "--quiet", "--allow-all", LEAN, MAIN, ...args];
      const [command = "", ...rest] = [...before, ...program];
      spawn(host.command([command, ...rest]));
    },
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

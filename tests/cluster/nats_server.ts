import { join } from "node:path";
import { isThere, type Program, startCommand } from "../commands/program.ts";
import { type Host, LOOPBACK } from "../../bench/host.ts";

/** A real nats-server with its own store. It can be killed, and started again on that store. */
export interface NatsServer extends AsyncDisposable {
  readonly name: string;
  /** `nats://ADDRESS:PORT`, the same after a restart. */
  readonly url: string;
  /** Folder of what it has stored. */
  readonly store: string;
  /** Sends SIGKILL and waits for the end of the process; does nothing where it has ended. */
  kill(): Promise<void>;
  /** Starts it again on the same store, and waits until it takes connections. */
  restart(): Promise<void>;
}

/** One server or several, which know one another. */
export interface NatsServers extends AsyncDisposable {
  readonly servers: readonly NatsServer[];
  /** All addresses, separated by commas: what `--cluster` takes. */
  readonly urls: string;
  /** The server of this name, which JetStream uses to say who leads a stream. */
  named(name: string): NatsServer;
}

/** What differs from a plain server on loopback. */
export interface NatsOptions {
  /** A configuration, of which only names, addresses and the store are changed; without one, JetStream alone. */
  readonly conf?: { readonly text: string; /** Holds its other files. */ readonly folder: string };
  /** Where each server runs; loopback by default. */
  readonly hosts?: readonly Host[];
}

/** The path of nats-server; undefined where it is not installed. */
export async function findNatsServer(): Promise<string | undefined> {
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin", "/usr/bin"];
  for (const folder of folders) {
    const path = join(folder, "nats-server");
    if (folder !== "" && await isThere(path)) return path;
  }
  return undefined;
}

/** Whether tests that need nats-server are skipped, which is said once. */
export async function isWithoutNats(): Promise<boolean> {
  if (await findNatsServer() !== undefined) return false;
  console.warn("Skipped: nats-server is not installed (apt-get install nats-server).");
  return true;
}

const HEALTH_MS = 50, MAX_HEALTH_CHECKS = 1200;

/** Ports that are free on this machine now. */
function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ port: 0 }));
  const ports = listeners.map(({ addr }) => (addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  return ports;
}

/**
 * Starts `count` servers, each with JetStream and a store in a temporary folder. Resolves when all take
 * connections and, if there are several, know who leads them.
 */
export async function startNats(count: 1 | 3, options: NatsOptions = {}): Promise<NatsServers> {
  const path = await findNatsServer();
  if (path === undefined) throw new Error("nats-server is not installed");
  const folder = await Deno.makeTempDir({ prefix: "cllm-nats-" });
  const ports = freePorts(3 * count);
  const places = Array.from({ length: count }, (_, index) => {
    const host = options.hosts?.[index] ?? LOOPBACK;
    return {
      host,
      name: `n${index + 1}`,
      client: `${host.address}:${ports[index]}`,
      monitor: ports[2 * count + index] ?? 0,
      route: `nats://${host.address}:${ports[count + index]}`,
    };
  });
  const routes = places.map(({ route }) => route).join(",");
  const among = (route: string) =>
    count === 1 ? [] : ["--cluster", route, "--cluster_name", "cllm", "--routes", routes];
  const { conf } = options;
  const configured = (name: string) => {
    const store = join(folder, name);
    if (conf === undefined) return ["--jetstream", "--store_dir", store];
    const file = join(conf.folder, `${name}.conf`);
    // No flag goes before this line, as those for names and addresses do.
    Deno.writeTextFileSync(file, conf.text.replace(/store_dir: .*/, `store_dir: "${store}"`));
    return ["--config", file];
  };
  const servers = places.map(({ host, name, client, monitor, route }) =>
    openServer({
      name,
      store: join(folder, name),
      url: `${conf === undefined ? "nats" : "tls"}://${client}`,
      health: count > 1 ? `http://${host.address}:${monitor}/healthz` : undefined,
      cwd: conf?.folder ?? folder,
      command: host.command([
        path,
        ...["--name", name, "--addr", host.address, "--port", client.split(":")[1] ?? ""],
        ...["--http_port", `${monitor}`],
        ...configured(name),
        ...among(route),
      ]),
    })
  );
  const stop = async () => {
    for (const server of servers) await server[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  };
  try {
    await Promise.all(servers.map((server) => server.restart()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    servers,
    urls: servers.map(({ url }) => url).join(","),
    named(name) {
      const found = servers.find((server) => server.name === name);
      if (found === undefined) throw new Error(`no server is called ${name}`);
      return found;
    },
    [Symbol.asyncDispose]: stop,
  };
}

interface ServerOptions extends Pick<NatsServer, "name" | "url" | "store"> {
  /** Where it says whether it knows who leads; of one alone it is not asked. */
  readonly health: string | undefined;
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
}

function openServer({ name, url, store, health, command, cwd }: ServerOptions): NatsServer {
  let program: Program | undefined;
  const kill = async () => {
    await program?.[Symbol.asyncDispose]();
    program = undefined;
  };
  return {
    name,
    url,
    store,
    kill,
    async restart() {
      await kill();
      program = startCommand(command, { cwd });
      await program.line(/Server is ready/);
      if (health !== undefined) await untilHealthy(health);
    },
    [Symbol.asyncDispose]: kill,
  };
}

/** A server that comes to a cluster which has a leader does not print who that is. */
async function untilHealthy(url: string): Promise<void> {
  for (let asked = 0; asked < MAX_HEALTH_CHECKS; asked++) {
    const answer = await fetch(url);
    await answer.body?.cancel();
    if (answer.ok) return;
    await new Promise((resolve) => setTimeout(resolve, HEALTH_MS));
  }
  throw new Error(`${url} is not healthy`);
}

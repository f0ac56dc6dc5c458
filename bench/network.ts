import type { Host } from "./host.ts";

/** A host of its own: it has its own addresses, and its cable can be pulled. */
export interface CabledHost extends Host {
  /** Pulls the cable, or puts it back: nothing passes while it is out, and no connection is told. */
  setCable(isIn: boolean): Promise<void>;
}

/** Hosts on one switch, each with its own cable. */
export interface Network extends AsyncDisposable {
  readonly hosts: readonly CabledHost[];
  /** The test's own address, where it is in the network. */
  readonly address: string;
}

async function run(command: string, ...args: string[]): Promise<void> {
  const child = new Deno.Command(command, { args, stdout: "null", stderr: "piped" });
  const { success, stderr } = await child.output();
  if (success) return;
  throw new Error(
    `Cannot run ${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`,
  );
}

/** Names of interfaces and namespaces have 15 characters at most. */
let networks = 0;

/** What differs from a network that the test itself is in. */
export interface NetworkOptions {
  /** Rate of each cable in both directions, for `tc tbf`. */
  readonly rate?: string;
  /** Begins the addresses of the hosts, which then end in 1, 2, ...; the test is not in it. */
  readonly subnet?: string;
}

/**
 * `count` network namespaces on one bridge, each on a cable of its own. Needs root and the tools of
 * iproute2, else throws.
 */
export async function openNetwork(
  count: number,
  { rate = "1gbit", subnet: given }: NetworkOptions = {},
): Promise<Network> {
  const id = `c${Deno.pid % 100_000}${"abcdefghij"[networks++ % 10]}`;
  const subnet = given ?? `10.${100 + networks % 100}.${Deno.pid % 250}`;
  const addresses = Array.from(
    { length: count },
    (_, index) => `${subnet}.${index + (given === undefined ? 2 : 1)}`,
  );
  const names = Array.from({ length: count }, (_, index) => `${id}h${index}`);
  const undo: string[][] = [];
  const close = async () => {
    for (const args of undo.reverse()) await run("ip", ...args);
  };
  const add = async (args: string[], gone: string[]) => {
    await run("ip", ...args);
    undo.push(gone);
  };
  try {
    await add(["link", "add", id, "type", "bridge"], ["link", "del", id]);
    // The test itself is at the switch: a program outside the namespaces reaches all of them.
    if (given === undefined) await run("ip", "addr", "add", `${subnet}.1/24`, "dev", id);
    await run("ip", "link", "set", id, "up");
    for (const [index, name] of names.entries()) {
      await add(["netns", "add", name], ["netns", "del", name]);
      const outer = `${name}o`;
      // The cable is torn down with its namespace.
      await run(
        "ip",
        ..."link add".split(" "),
        outer,
        "type",
        "veth",
        "peer",
        "eth0",
        "netns",
        name,
      );
      await run("ip", "link", "set", outer, "master", id, "up");
      const inside = ["-n", name];
      await run("ip", ...inside, "addr", "add", `${addresses[index]}/24`, "dev", "eth0");
      await run("ip", ...inside, "link", "set", "lo", "up");
      await run("ip", ...inside, "link", "set", "eth0", "up");
      const limit = ["root", "tbf", "rate", rate, "burst", "256kb", "latency", "50ms"];
      await run("tc", "qdisc", "add", "dev", outer, ...limit);
      await run("tc", "-n", name, "qdisc", "add", "dev", "eth0", ...limit);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    address: `${subnet}.1`,
    hosts: names.map((name, index) => ({
      address: addresses[index] ?? "",
      command: (command) => ["ip", "netns", "exec", name, ...command],
      setCable: (isIn) => run("ip", "link", "set", `${name}o`, isIn ? "up" : "down"),
    })),
    [Symbol.asyncDispose]: close,
  };
}

/** Whether this process may not make network namespaces: then tests stay on loopback, and say so. */
export async function isWithoutNetworks(): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return true;
  try {
    await using network = await openNetwork(1);
    return network.hosts.length === 0;
  } catch (error) {
    console.warn(error instanceof Error ? error.message : error);
    return true;
  }
}

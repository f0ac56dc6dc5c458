import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { randomStream } from "../../model/random.ts";
import { LOOPBACK } from "../../bench/host.ts";
import { leaderOf } from "./leader.ts";
import { type Member, startMember } from "./members.ts";
import type { NatsServers } from "./nats_server.ts";
import type { CabledHost } from "../../bench/network.ts";

/** What can happen to a run. */
export type Fault = "kill" | "broker" | "leader" | "cut";

/** A process of the run. */
export interface Role {
  readonly name: string;
  readonly args: readonly string[];
  /** Its cable is not cut: it also leads to the sites, whose pages would be dropped as out of reach. */
  readonly needsSites?: boolean;
}

/** A run that is disturbed. */
export interface StormOptions {
  readonly seed: number;
  /** In this order, until they or the run is over. */
  readonly faults: readonly Fault[];
  readonly roles: readonly Role[];
  readonly nats: NatsServers;
  /** One for each role, if cables can be cut. */
  readonly hosts?: readonly CabledHost[];
  /** A stream whose leader can be killed, once it is there. */
  readonly stream: string;
  /** Longest time between two faults. */
  readonly calmMs: number;
  /** Time after which the run should long be over. */
  readonly limitMs: number;
}

/** What came of it. */
export interface StormReport {
  /** What happened, in order: `kill text1`. */
  readonly happened: readonly string[];
  /** Endings that no kill explains. */
  readonly failures: readonly string[];
}

/** Longest time that a cable is out. */
const CUT_MS = 4_000;

/**
 * Starts the roles, disturbs them until the faults are over, and waits until each has ended by itself
 * with success.
 *
 * @throws {Error} with what each process said, if they do not within the limit
 */
export async function storm(options: StormOptions): Promise<StormReport> {
  const { seed, faults, roles, nats, hosts, limitMs, calmMs } = options;
  const random = randomStream(seed, { name: "storm" });
  let draws = 0;
  const below = (limit: number) => Math.floor(limit * random.uniform(draws++));
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

  await using stack = new AsyncDisposableStack();
  const members = roles.map(({ name, args }, i) =>
    stack.use(startMember({ name, args, host: hosts?.[i] ?? LOOPBACK }))
  );
  const happened: string[] = [];
  let isOver = false;
  const ended = Promise.all(members.map(({ done }) => done)).finally(() => isOver = true);
  const disturb: Record<Fault, () => Promise<string>> = {
    kill() {
      const member = pick(members);
      member.kill();
      return Promise.resolve(`kill ${member.name}`);
    },
    async broker() {
      const server = pick(nats.servers);
      await server.kill();
      await pause(below(1000));
      await server.restart();
      return `kill broker ${server.name}`;
    },
    async leader() {
      const name = await asked(options, (connection) => leaderOf(connection, options.stream));
      const server = nats.named(name);
      await server.kill();
      await pause(below(1000));
      await server.restart();
      return `kill leader ${name}`;
    },
    async cut() {
      const cut = pick(roles.filter(({ needsSites }) => !needsSites));
      const at = roles.indexOf(cut);
      const host = hosts?.[at];
      if (host === undefined) throw new Error("there is no cable to cut");
      await host.setCable(false);
      const ms = below(CUT_MS);
      await pause(ms);
      await host.setCable(true);
      return `cut ${cut.name} for ${ms} ms`;
    },
  };
  const storming = (async () => {
    for (const fault of faults) {
      await pause(below(calmMs));
      if (isOver) return;
      happened.push(await disturb[fault]());
    }
  })();
  const timer = new AbortController();
  const late = new Promise<never>((_, reject) => {
    const limit = setTimeout(() => reject(new Error("the run does not end")), limitMs);
    timer.signal.addEventListener("abort", () => clearTimeout(limit));
  });
  try {
    await Promise.race([late, Promise.all([ended, storming])]);
  } catch (cause) {
    happened.push(await asked(options, queues).catch((error) => String(error)));
    for (const member of members) member.program.kill("SIGKILL");
    throw new Error(await lastWords({ happened, members, cause }), { cause });
  } finally {
    timer.abort();
  }
  return { happened, failures: members.flatMap(({ failures }) => failures) };
}

async function asked<T>(
  { nats }: StormOptions,
  ask: (connection: NatsConnection) => Promise<T>,
): Promise<T> {
  const connection = await connect({ servers: nats.urls.split(","), maxReconnectAttempts: -1 });
  try {
    return await ask(connection);
  } finally {
    await connection.close();
  }
}

/** What waits in each stream, and at which consumer. */
async function queues(connection: NatsConnection): Promise<string> {
  const { streams, consumers } = await jetstreamManager(connection);
  const lines: string[] = [];
  for await (const { config: { name }, state, cluster } of streams.list()) {
    const leader = cluster?.leader ?? "nobody";
    lines.push(`${name}, led by ${leader}: ${state.messages} messages up to ${state.last_seq}`);
    for await (const { name: who, num_pending, num_ack_pending } of consumers.list(name)) {
      lines.push(`  ${who}: ${num_pending} to take, ${num_ack_pending} not acknowledged`);
    }
  }
  return lines.join("\n");
}

/** What each process said at last, for a run that failed. */
async function lastWords(
  { happened, members, cause }: {
    happened: readonly string[];
    members: readonly Member[];
    cause: unknown;
  },
): Promise<string> {
  const said = await Promise.all(members.map(async ({ name, program, failures }) => {
    const { out, err } = await program.ended;
    return [`--- ${name}`, ...failures, out.slice(-1500), err.slice(-1500)].join("\n");
  }));
  return [String(cause), happened.join(", "), ...said].join("\n");
}

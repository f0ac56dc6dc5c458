/**
 * The connection of a node to the broker of its cluster.
 *
 * @module
 */
import {
  jetstream,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
} from "@nats-io/jetstream";
import { connect, type ConnectionOptions, type NatsConnection } from "@nats-io/transport-node";

import { expectServers } from "./server_identity.ts";

/** Oldest server that the subjects, streams and buckets of a run were tried with. */
const MIN_SERVER = [2, 9, 10] as const;
/** A busy machine takes its time for the handshake of TLS. */
const CONNECT_MS = 20_000;
const RECONNECT_MS = 250;

/** An open connection with JetStream. */
export interface Cluster extends AsyncDisposable {
  readonly connection: NatsConnection;
  readonly js: JetStreamClient;
  readonly manager: JetStreamManager;
  /** Bytes of the largest message that the server takes. */
  readonly maxPayload: number;
}

/** How a node proves who it is. */
export type Secrets = Pick<ConnectionOptions, "authenticator" | "tls">;

/** Choices for {@linkcode connectCluster}. */
export interface ConnectOptions {
  /** Name of this node, for the server's own lists. */
  readonly name: string;
  readonly credentials?: Secrets;
  /** Time for the first connection. */
  readonly connectMs?: number;
}

/**
 * Connects to `servers`, addresses such as `nats://10.0.0.1:4222` with commas between them. A lost
 * connection is opened again for as long as it takes: what must not go on without one watches its
 * lease.
 *
 * @throws {Error} naming the address and what is wrong there
 */
export async function connectCluster(servers: string, options: ConnectOptions): Promise<Cluster> {
  const { name, credentials = {}, connectMs = CONNECT_MS } = options;
  const addresses = servers.split(",").map((address) => address.trim());
  const fail = (reason: string, cause?: unknown) =>
    new Error(`Cannot join the cluster at ${shownServers(addresses.join(", "))}: ${reason}`, {
      cause,
    });
  const connecting: ConnectionOptions = {
    servers: addresses,
    name,
    timeout: connectMs,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_MS,
    ...credentials,
    ...(credentials.tls ? { tls: expectServers(addresses, credentials.tls) } : {}),
  };
  let connection: NatsConnection;
  try {
    connection = await connect(connecting);
  } catch (cause) {
    throw fail(connectFault(cause), cause);
  }
  try {
    const { info } = connection;
    const version = info?.version ?? "unknown";
    if (isOlder(version, MIN_SERVER)) {
      throw fail(`its server is ${version}, and ${MIN_SERVER.join(".")} or later is needed`);
    }
    return {
      connection,
      js: jetstream(connection),
      manager: await jetstreamManager(connection),
      maxPayload: info?.max_payload ?? 2 ** 20,
      [Symbol.asyncDispose]: () => connection.close(),
    };
  } catch (cause) {
    await connection.close();
    if (!(cause instanceof Error) || cause.name !== "JetStreamNotEnabled") throw cause;
    throw fail("its server runs without JetStream; start it with -js", cause);
  }
}

/** What a user can do about a connection that failed. */
function connectFault(cause: unknown): string {
  const said = cause instanceof Error ? cause.message : String(cause);
  if (/refused|ENOTFOUND|EHOSTUNREACH|ENETUNREACH/i.test(said)) {
    return `${said}; start nats-server -js there, or name another address with --cluster`;
  }
  if (/timeout/i.test(said)) {
    return "it does not answer (timeout); a server that refuses this node's certificate looks the " +
      "same: compare certificate and authority with its configuration";
  }
  if (/authorization|authentication/i.test(said)) {
    return `it refuses this node (${said}); compare the node's nkey with its configuration`;
  }
  return said;
}

function isOlder(version: string, least: readonly number[]): boolean {
  const parts = version.split(/[.-]/).map(Number);
  for (const [i, part] of least.entries()) {
    const own = parts[i] ?? NaN;
    if (own !== part) return !(own > part);
  }
  return false;
}

/** Addresses without the names and passwords that may be in them. */
export function shownServers(servers: string): string {
  return servers.replaceAll(/\/\/[^@/,]*@/g, "//");
}

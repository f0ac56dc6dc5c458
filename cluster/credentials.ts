/**
 * How a node proves who it is: an nkey, and TLS. Both come from a file or from the environment, never
 * from a flag's value, so that they are in no run folder, log or list of processes.
 *
 * @module
 */
import { readFile, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseEnv } from "node:util";
import { type ConnectionOptions, nkeyAuthenticator, nkeys } from "@nats-io/transport-node";

/** The variables of {@linkcode readCredentials}, in its file or in the environment. */
const CREDENTIAL_VARIABLES = {
  /** The seed of the node's nkey, which begins with SU. */
  nkey: "CLLM_CLUSTER_NKEY",
  /** Path of the certificate of the authority that signed the servers' certificates. */
  ca: "CLLM_CLUSTER_CA",
  /** Paths of this node's certificate and its key, where the servers ask for one. */
  cert: "CLLM_CLUSTER_CERT",
  key: "CLLM_CLUSTER_KEY",
} as const;

/** What {@linkcode connect} of NATS needs to know; holds secrets, so it is never printed or stored. */
export type Credentials = Pick<ConnectionOptions, "authenticator" | "tls">;

/** Where {@linkcode readCredentials} looks. */
export interface CredentialPlaces {
  /** A file of lines `NAME=value`; paths in it are relative to it. Without one, the environment. */
  readonly file?: string | undefined;
  readonly env: { get(name: string): string | undefined };
}

/**
 * Reads the credentials of this node; empty where there are none.
 *
 * @throws {Error} for a file that others may read, an unknown name in it, or a seed that is none
 */
export async function readCredentials({ file, env }: CredentialPlaces): Promise<Credentials> {
  const values = file === undefined ? fromEnvironment(env) : await fromFile(file);
  const name = CREDENTIAL_VARIABLES;
  const path = (variable: string) => {
    const value = values.get(variable);
    return value === undefined ? undefined : resolve(file ? dirname(file) : ".", value);
  };
  const [caFile, certFile, keyFile] = [path(name.ca), path(name.cert), path(name.key)];
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new Error(
      `Cannot use the node's certificate: ${name.cert} and ${name.key} need one another`,
    );
  }
  const seed = values.get(name.nkey);
  const tls = { ...caFile && { caFile }, ...certFile && { certFile }, ...keyFile && { keyFile } };
  return {
    ...seed === undefined ? {} : { authenticator: nkeyAuthenticator(checkedSeed(seed)) },
    ...Object.keys(tls).length === 0 ? {} : { tls },
  };
}

function fromEnvironment(env: CredentialPlaces["env"]): Map<string, string> {
  const entries = Object.values(CREDENTIAL_VARIABLES).map((name) => [name, env.get(name)] as const);
  return new Map(entries.flatMap(([name, value]) => value ? [[name, value]] : []));
}

async function fromFile(file: string): Promise<Map<string, string>> {
  const fail = (reason: string, cause?: unknown) =>
    new Error(`Cannot read the credentials ${file}: ${reason}`, { cause });
  let text: string;
  try {
    text = await readFile(file, "utf8");
    // Windows has no such modes.
    const others = Deno.build.os === "windows" ? 0 : (await stat(file)).mode & 0o077;
    if (others !== 0) throw fail(`other users may read it; chmod 600 ${file}`);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause) throw fail("there is no such file", cause);
    throw cause;
  }
  const values = new Map(Object.entries(parseEnv(text)));
  const names: string[] = Object.values(CREDENTIAL_VARIABLES);
  for (const name of values.keys()) {
    if (!names.includes(name)) throw fail(`unknown name ${name}; it holds ${names.join(", ")}`);
  }
  return new Map([...values].flatMap(([name, value]) => value ? [[name, value]] : []));
}

function checkedSeed(seed: string): Uint8Array {
  const bytes = new TextEncoder().encode(seed);
  try {
    nkeys.fromSeed(bytes);
  } catch {
    // Neither the seed nor an error that may quote it is passed on.
    throw new Error(
      `Cannot use ${CREDENTIAL_VARIABLES.nkey}: it is not the seed of an nkey, which begins with SU`,
    );
  }
  return bytes;
}

/**
 * Makes the key of a new node: writes its seed as a credentials file that only its owner reads, and
 * returns the public key for the servers' configuration.
 *
 * @throws {Error} where `file` exists
 */
export async function createNodeKey(file: string): Promise<string> {
  const pair = nkeys.createUser();
  const seed = new TextDecoder().decode(pair.getSeed());
  const line = `${CREDENTIAL_VARIABLES.nkey}=${seed}\n`;
  try {
    await writeFile(file, line, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause && cause.code === "EEXIST"
      ? "it exists, and would be overwritten"
      : "it cannot be written";
    throw new Error(`Cannot make the key ${file}: ${reason}`, { cause });
  }
  return pair.getPublicKey();
}

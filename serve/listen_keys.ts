/**
 * Who may ask a command that listens, and by which name: this machine without keys, others with one.
 *
 * @module
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { type ApiKey, ApiKeys, hostnameOf, readKeyLines, type TlsKeys } from "./mod.ts";
import { reasonOf } from "../cli/failure.ts";
import { type Flag, type FlagValues, group, list, number, text, UsageError } from "../cli/flags.ts";

/** Holds keys as the file does, also with commas in place of line ends. */
export const KEYS_VARIABLE = "CLLM_API_KEYS";

/** Flags of every command that listens where its user says. */
export const LISTEN_FLAGS = group("Listening", {
  hostname: text({ help: "address to listen on", value: "HOST", defaultValue: "127.0.0.1" }),
  "api-key-file": text({
    help: "file of API keys, one per line after its name; requests must carry one",
    value: "FILE",
  }),
  "host-name": list({
    help: "host name to accept besides those of this machine; repeatable",
    value: "NAME",
  }),
});

/** Flags of commands that may speak TLS. */
export const TLS_FLAGS = group("Listening", {
  "tls-cert": text({
    help: "PEM file of a certificate and those that it rests on, to speak HTTPS",
    value: "FILE",
    needs: "tls-key",
  }),
  "tls-key": text({ help: "PEM file of its private key", value: "FILE", needs: "tls-cert" }),
});

/**
 * What the flags name; nothing without them.
 *
 * @throws {UsageError} when a file cannot be read or has nothing of its kind
 */
export async function readTlsKeys(
  values: FlagValues<typeof TLS_FLAGS>,
): Promise<TlsKeys | undefined> {
  const { "tls-cert": certPath, "tls-key": keyPath } = values;
  if (certPath === undefined || keyPath === undefined) return undefined;
  const cert = await readPem(certPath, { flag: "tls-cert", kind: "CERTIFICATE" });
  const key = await readPem(keyPath, { flag: "tls-key", kind: "PRIVATE KEY" });
  if (isPair(cert, key)) return { cert, key };
  throw new UsageError(`Cannot use --tls-key ${keyPath}: it is not the key of ${certPath}`);
}

function isPair(cert: string, key: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new UsageError(`Cannot use --tls-cert and --tls-key: ${reason}`, { cause });
  }
}

async function readPem(
  path: string,
  { flag, kind }: { flag: string; kind: string },
): Promise<string> {
  const pem = await readNamed(path, flag);
  if (new RegExp(`^-----BEGIN [A-Z ]*${kind}-----`, "m").test(pem)) return pem;
  throw new UsageError(`Cannot use --${flag} ${path}: it has no ${kind} in PEM`);
}

/** The port of a command that listens. */
export function portFlag(defaultValue: number): { readonly port: Flag<number> } {
  return group("Listening", {
    port: number({ help: "port to listen on; 0 takes a free one", max: 65535, defaultValue }),
  });
}

/** Values of {@linkcode LISTEN_FLAGS}. */
export type ListenFlags = FlagValues<typeof LISTEN_FLAGS>;

/**
 * The names to answer by: those given, and the one that is listened on.
 *
 * @throws {UsageError} at what is no name
 */
export function hostNamesOf(
  { hostname, "host-name": names }: Omit<ListenFlags, "api-key-file">,
): string[] {
  return [hostname, ...names].map((name) => {
    // An IPv6 address to listen on stands without brackets.
    const host = hostnameOf(name) ?? (name === hostname ? name : undefined);
    if (host !== undefined) return host;
    throw new UsageError(
      `Cannot use --host-name ${name}: write it like model.example.org, without scheme and port`,
    );
  });
}

/**
 * The keys in the file and in the environment; undefined where there is neither, which only an
 * address of this machine alone may do without.
 *
 * @throws {UsageError} when one of them has no keys or bad ones, or other machines need one
 */
export async function readApiKeys(
  { hostname, "api-key-file": path }: Omit<ListenFlags, "host-name">,
): Promise<ApiKeys | undefined> {
  const keys = [
    ...path === undefined
      ? []
      : parse(await readNamed(path, "api-key-file"), `--api-key-file ${path}`),
    ...parse(Deno.env.get(KEYS_VARIABLE)?.replaceAll(",", "\n"), KEYS_VARIABLE),
  ];
  if (keys.length > 0) {
    try {
      return new ApiKeys(keys);
    } catch (cause) {
      const source = path === undefined ? KEYS_VARIABLE : `--api-key-file ${path}`;
      throw new UsageError(`Cannot read ${source}: ${reasonOf(cause)}`, { cause });
    }
  }
  if (isLoopback(hostname)) return undefined;
  throw new UsageError(
    `Cannot listen on ${hostname} without API keys: give --api-key-file FILE or ` +
      `${KEYS_VARIABLE}, or leave --hostname out to serve this machine alone`,
  );
}

/** Whether only programs of this machine can reach an address. */
function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

async function readNamed(path: string, flag: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new UsageError(`Cannot read --${flag} ${path}: ${reasonOf(cause)}`, { cause });
  }
}

function parse(text: string | undefined, source: string): ApiKey[] {
  if (text === undefined) return [];
  try {
    return readKeyLines(text);
  } catch (cause) {
    throw new UsageError(`Cannot read ${source}: ${reasonOf(cause)}`, { cause });
  }
}

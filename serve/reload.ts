/**
 * Reads again what a server was told by files, while it answers.
 *
 * @module
 */
import type { FlagValues } from "../cli/flags.ts";
import { reasonOf } from "../cli/failure.ts";
import { type ListenFlags, readApiKeys, readTlsKeys, type TLS_FLAGS } from "./listen_keys.ts";
import type { ApiKeys, TlsKeys } from "./mod.ts";

/** What takes what was read. */
export interface ReloadTargets {
  /** The server's keys; none where it needs none. */
  readonly apiKeys: ApiKeys | undefined;
  readonly renewTls: (tls: TlsKeys) => void;
  /** Looks again for the models that there are. */
  readonly refresh?: (() => Promise<void>) | undefined;
}

/**
 * Reads the files that the flags name, and takes them all; where one is bad, none. Returns what to
 * say of it.
 */
export async function reload(
  values: ListenFlags & FlagValues<typeof TLS_FLAGS>,
  { apiKeys, renewTls, refresh }: ReloadTargets,
): Promise<string> {
  try {
    const keys = apiKeys && await readApiKeys(values);
    const tls = await readTlsKeys(values);
    await refresh?.();
    if (keys) apiKeys.replaceBy(keys);
    if (tls) renewTls(tls);
    const read = [
      keys && `${keys.names.length} API key${keys.names.length === 1 ? "" : "s"}`,
      tls && "the certificate",
      refresh && "the list of models",
    ].filter((each) => each !== undefined);
    return read.length === 0
      ? "Nothing to read again: there are no API keys, no certificate and no --models"
      : `Read again: ${read.join(", ")}`;
  } catch (error) {
    // What is bad must not end a server that has what it had before.
    return `Cannot reload, all stays as it was: ${reasonOf(error)}`;
  }
}

import type { KV, KvWatchEntry } from "@nats-io/kv";
import { pause } from "./lease.ts";
import { isAway } from "./to_stream.ts";

const RETRY_MS = 500;

/**
 * Yields the entries of `key`, which may have wildcards, as they are and as they change, until `signal`
 * aborts. After the broker was away it begins again: an entry may then come with a revision that came before.
 */
export async function* watchKeys(
  bucket: KV,
  key: string,
  signal: AbortSignal,
): AsyncGenerator<KvWatchEntry, void> {
  while (!signal.aborted) {
    try {
      const entries = await bucket.watch({ key });
      const stop = () => entries.stop();
      signal.addEventListener("abort", stop);
      try {
        for await (const entry of entries) yield entry;
      } finally {
        signal.removeEventListener("abort", stop);
        stop();
      }
    } catch (error) {
      if (!isAway(error)) throw error;
    }
    // What arrived meanwhile comes with the next beginning.
    await pause(RETRY_MS, signal).catch(() => {});
  }
}

/**
 * What a run on several machines says of itself: that it goes on, and how it ended.
 *
 * @module
 */
import type { KV } from "@nats-io/kv";
import { isAway } from "../../cluster/to_stream.ts";
import { watchKeys } from "../../cluster/watch_keys.ts";

const CRAWL = "crawl";
/** One filter finds both. */
const STATE = "now.state", STATUS = "now.status", NOW = "now.*";

/** How a run ended. */
export type RunEnd =
  | { readonly phase: "ended"; readonly manifest: string | undefined; readonly keeper: string }
  | { readonly phase: "failed"; readonly error: string; readonly keeper: string }
  /** Somebody asked for the end. */
  | { readonly phase: "stopped" };

/** Says how the run ended; every node then leaves it. */
export async function endRun(bucket: KV, end: RunEnd): Promise<void> {
  await bucket.put(STATE, JSON.stringify(end));
}

/** How the run ended, if it has. */
export async function readEnd(bucket: KV): Promise<RunEnd | undefined> {
  const entry = await bucket.get(STATE);
  return entry === null || entry.operation !== "PUT" ? undefined : entry.json<RunEnd>();
}

/** Says whether more pages are wanted. */
export async function wantPages(bucket: KV, areWanted: boolean): Promise<void> {
  await bucket.put(CRAWL, areWanted ? "goes on" : "over");
}

/** Whether no more pages are wanted. */
export async function isCrawlOver(bucket: KV): Promise<boolean> {
  return (await bucket.get(CRAWL))?.string() === "over";
}

/** Makes the run, where it had been stopped, go on. */
export async function reopenRun(bucket: KV): Promise<void> {
  if ((await readEnd(bucket))?.phase !== "ended") await bucket.delete(STATE);
}

/** Replaces what watchers see of the run: status.json of the keeper's folder. */
export async function putStatus(bucket: KV, status: string): Promise<void> {
  try {
    await bucket.put(STATUS, status);
  } catch (error) {
    // The next one says as much.
    if (!isAway(error)) throw error;
  }
}

/** Calls back with each change of the run's state and status until it has ended. */
export async function watchRun(
  bucket: KV,
  { signal, onStatus }: { signal: AbortSignal; onStatus?: (status: unknown) => void },
): Promise<RunEnd | undefined> {
  for await (const entry of watchKeys(bucket, onStatus ? NOW : STATE, signal)) {
    if (entry.operation !== "PUT") continue;
    const value: unknown = entry.json();
    if (entry.key === STATE) return value as RunEnd;
    onStatus?.(value);
  }
  return undefined;
}

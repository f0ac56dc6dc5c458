/**
 * Reading an object of the broker to its end.
 *
 * @module
 */
import type { ObjectStore } from "@nats-io/obj";
import { joinBytes } from "../model/bytes.ts";
import { patiently } from "./patiently.ts";

/** No part of an object takes longer; then it is asked for anew. */
const STALL_MS = 10_000;

/**
 * The bytes of the object `name`, or null where there is none. It is asked for again while the
 * broker is away, and also when no part of it has come for a while: a broker that restarts takes
 * what it had sent for delivered, and the client would wait for it for ever.
 *
 * @throws the signal's reason, or what the store throws
 */
export async function readObject(
  store: Pick<ObjectStore, "get">,
  name: string,
  { signal, stallMs = STALL_MS }: { signal: AbortSignal; stallMs?: number },
): Promise<Uint8Array<ArrayBuffer> | null> {
  return await patiently(signal, async () => {
    const found = await store.get(name);
    if (found === null) return null;
    // Its failure comes with the stream's.
    found.error.catch(() => {});
    const parts: Uint8Array[] = [];
    const reader = found.data.getReader();
    for (;;) {
      const { done, value } = await inTime(reader.read(), stallMs, () => reader.cancel());
      if (done) break;
      parts.push(value);
    }
    return joinBytes(parts);
  });
}

/** The promise's value; after `ms` without one, `release` and a timeout. */
async function inTime<T>(promise: Promise<T>, ms: number, release: () => unknown): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("timeout: the object stops in its midst")), ms);
  try {
    return await Promise.race([promise, late]);
  } catch (error) {
    release();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

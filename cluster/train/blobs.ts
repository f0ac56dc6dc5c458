/**
 * Large values of a run on the broker, each under its SHA-256: weights, moments, deltas, batches.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type ObjectStore, Objm } from "@nats-io/obj";
import { patiently } from "../patiently.ts";
import { readObject } from "../read_object.ts";
import type { ClusterRun } from "../run.ts";

/** Blobs of a run; a name never stands for other bytes. */
export interface Blobs {
  /** Stores bytes, unless they are there; returns their SHA-256. */
  put(bytes: Uint8Array): Promise<string>;
  /** @throws {Error} where they are gone or damaged */
  get(sha256: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Does nothing where they are gone. */
  remove(sha256: string): Promise<void>;
}

/** Digest of bytes, in hex. */
export function sha256Of(...parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

/** Opens the blobs of a run; a keeper makes their store where there is none. */
export async function openBlobs(
  { cluster, names, bucket }: ClusterRun,
  { signal, create = false }: { signal: AbortSignal; create?: boolean },
): Promise<Blobs> {
  const objects = new Objm(cluster.js);
  const store: ObjectStore = await patiently(signal, async () => {
    if (!create) return await objects.open(names.objects);
    const { replicas } = await bucket.status();
    return await objects.create(names.objects, { replicas });
  });
  // What was removed leaves a marker.
  const isThere = async (name: string) => (await store.info(name))?.deleted === false;
  return {
    async put(bytes) {
      const name = sha256Of(bytes);
      await patiently(signal, async () => {
        if (!await isThere(name)) await store.putBlob({ name }, bytes);
      });
      return name;
    },
    async get(sha256) {
      const bytes = await readObject(store, sha256, { signal });
      if (bytes === null) {
        throw new Error(`Cannot read ${sha256} from the cluster: it is not there`);
      }
      if (sha256Of(bytes) === sha256) return bytes;
      throw new Error(`Cannot read ${sha256} from the cluster: its bytes have another digest`);
    },
    async remove(sha256) {
      await patiently(signal, async () => {
        if (await isThere(sha256)) await store.delete(sha256);
      });
    },
  };
}

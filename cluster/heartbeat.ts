/**
 * What a node tells the others of itself, and how they notice that it is gone.
 *
 * Every node puts its {@linkcode Heartbeat} under its own key into the bucket of its run, every
 * {@linkcode BEAT_MS}. A node that leaves deletes the key. One whose key stays without changing has
 * vanished; how long it has not changed is measured by the clock of the one who looks.
 *
 * @module
 */
import type { KV } from "@nats-io/kv";
import { z } from "zod";
import type { NodeState } from "../stages/report/mod.ts";
import { watchKeys } from "./watch_keys.ts";

/** Between two heartbeats of a node. */
const BEAT_MS = 1_000;
/** A node that missed this many beats has vanished. */
export const MISSED_BEATS = 5;

/** What a node can do for a run. */
export const ROLES = ["crawl", "text", "keeper", "train"] as const;

/** One of {@linkcode ROLES}. */
export type Role = typeof ROLES[number];

const count = z.number().int().nonnegative();

const ROLE_STATE = z.strictObject({
  role: z.enum(ROLES),
  /** False for a keeper that stands by for the one at work. */
  active: z.boolean(),
  /** What it waits for, in words that can follow "waits for"; absent while it works. */
  waitsFor: z.string().max(200).optional(),
  /** What it did since it joined, by name: pages, documents, bytes, rounds, dropped, twice. */
  counts: z.record(z.string(), z.number().nonnegative()),
  /** Host shards of a crawl node, parts of a text node, replicas of a training node. */
  owns: z.array(count).max(4096),
  /** Items that wait on the broker to be taken, as the node last saw it: the keeper's documents. */
  lag: count.optional(),
});

const HEARTBEAT = z.strictObject({
  node: z.string().min(1).max(64),
  /** Beats sent since the node joined. */
  beat: count,
  roles: z.array(ROLE_STATE).min(1).max(ROLES.length),
  /** Resident memory of the process. */
  memoryBytes: count,
});

/** What one role of a node does now. */
export type RoleState = z.infer<typeof ROLE_STATE>;

/** What a node tells of itself. */
export type Heartbeat = z.infer<typeof HEARTBEAT>;

/** The key of a node's heartbeat in the bucket of its run. */
export function nodeKey(node: string): string {
  return `node.${node}`;
}

/** Choices for {@linkcode beat}. */
export interface BeatOptions {
  readonly bucket: KV;
  readonly node: string;
  /** What the node does now. */
  readonly roles: () => readonly RoleState[];
  readonly everyMs?: number;
}

/** Tells the others of this node until disposed, which takes it off the list. */
export function beat({ bucket, node, roles, everyMs = BEAT_MS }: BeatOptions): AsyncDisposable {
  let sent = 0;
  let sending: Promise<void> | undefined;
  const send = async () => {
    const { rss } = Deno.memoryUsage();
    const value: Heartbeat = { node, beat: sent++, roles: [...roles()], memoryBytes: rss };
    // A beat that does not arrive is what others notice; the next one tells as much.
    await bucket.put(nodeKey(node), JSON.stringify(value)).catch(() => {});
    sending = undefined;
  };
  // One at a time: without a connection they would pile up.
  const tick = () => sending ??= send();
  tick();
  const timer = setInterval(tick, everyMs);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await sending;
      // Without a connection the others will say that it vanished, which it did.
      await bucket.delete(nodeKey(node)).catch(() => {});
    },
  };
}

/** The nodes of a run, kept up to date until disposed. */
export interface Watch extends AsyncDisposable {
  /** By name, the vanished ones included. */
  nodes(): readonly NodeState[];
}

/** Watches the nodes of a run. A beat of another form, from another version, keeps its last one. */
export function watchNodes(
  bucket: KV,
  { now = () => performance.now(), everyMs = BEAT_MS } = {},
): Watch {
  const seen = new Map<string, { heartbeat: Heartbeat; revision: number; at: number }>();
  const end = new AbortController();
  const watching = (async () => {
    for await (const entry of watchKeys(bucket, nodeKey("*"), end.signal)) {
      const { key, revision } = entry;
      if (entry.operation !== "PUT") {
        seen.delete(key);
        continue;
      }
      const { success, data } = HEARTBEAT.safeParse(entry.json());
      // One that is told again after the broker was away is no sign of life.
      const isNew = revision !== seen.get(key)?.revision;
      if (success && isNew) seen.set(key, { heartbeat: data, revision, at: now() });
    }
  })();
  return {
    nodes() {
      const nodes = [...seen.values()].map(({ heartbeat, at }) => {
        const silentMs = now() - at;
        return { ...heartbeat, silentMs, vanished: silentMs > MISSED_BEATS * everyMs };
      });
      return nodes.sort((a, b) => a.node < b.node ? -1 : 1);
    },
    async [Symbol.asyncDispose]() {
      end.abort();
      await watching;
    },
  };
}

/**
 * The crawl of one shard by the holder of its lease.
 *
 * @module
 */
import { join } from "node:path";
import { DeliverPolicy, type JsMsg } from "@nats-io/jetstream";
import { isConflict, type Lease, LostLease, pause } from "../../cluster/lease.ts";
import { isAway, publish, VALUE_ID } from "../../cluster/to_stream.ts";
import { isBarrier } from "../../stages/barrier.ts";
import { crawl, openFrontier, openScope } from "../../stages/crawl/mod.ts";
import { type Drop, StageMeter } from "../../stages/meter.ts";
import type { Page } from "../../stages/types.ts";
import { RENDERING } from "../../run/settings/crawl.ts";
import { readBlockList } from "../../run/block_list.ts";
import { splitSources } from "../../run/sources.ts";
import { ChunkBuffer, chunkId, encodeChunk } from "./chunk.ts";
import type { Node, RoleCounts } from "./node.ts";
import { checkThere, type LinkPlace } from "./link_place.ts";
import { byShard, type FoundLinks, shardKey, type ShardState } from "./shard.ts";
import { readDone } from "./shard_done.ts";
import { shardFrontier } from "./shard_frontier.ts";
import type { TextStages } from "./text_stages.ts";

/** Longest time that a chunk waits to be full. */
const CHUNK_MS = 500;
const POLL_MS = 200;
/** Time between two looks of an idle owner at whether the broker has what it acknowledged. */
const IDLE_MS = 10_000;

/** What the crawl of a shard borrows. */
export interface ShardCrawlOptions {
  readonly node: Node;
  readonly shard: number;
  readonly lease: Lease;
  readonly stages: TextStages;
  readonly counts: RoleCounts;
  readonly signal: AbortSignal;
  /** Hears that the broker has no room for documents, or has again. */
  readonly onFull: (isFull: boolean) => void;
}

/** Crawls until `signal` aborts: what is found for the shard later is crawled then. */
export async function crawlShard(options: ShardCrawlOptions): Promise<void> {
  const { node, shard, lease, counts, signal } = options;
  const { run, settings } = node;
  const { cluster, names } = run;
  const state = await claimState(options);
  const folder = await Deno.makeTempDir({ prefix: `cllm-shard-${shard}-` });
  await using resources = new AsyncDisposableStack();
  resources.defer(() => Deno.remove(folder, { recursive: true }));
  const inner = resources.use(openFrontier(join(folder, "frontier.sqlite")));
  const done = await readDone({ run, shard, signal });
  const addresses = resources.use(await followAddresses(options));

  const blockList = readBlockList(settings.blockList);
  const scope = openScope({
    include: settings.include,
    exclude: settings.exclude,
    ...(blockList ? { blockList } : {}),
  });
  // Another node may just have asked one of the hosts.
  if (done.pages.size > 0) await pause(settings.delayMs, signal);
  for (const url of splitSources(settings.sources).urls) scope.addRoot(url);
  const source = `s${shard}`;
  const buffer = new ChunkBuffer(source);
  /** Addresses between the fetch and the buffer, with those of their pages. */
  const inFlight: { url: string; isPage: boolean; pageUrl?: string }[] = [];
  const { frontier, found, mayFollow } = shardFrontier(inner, {
    shard,
    scope,
    onEnd: (url, outcome) => inFlight.push({ url, isPage: outcome === "page" }),
  });
  let sent = 0, linkMessages = 0;
  let lastLinks: LinkPlace | undefined;
  /** Not the lease's revision, which comes again where the broker has forgotten the lease. */
  const session = `${source}.${crypto.randomUUID()}`;

  /** Documents come in the order of their pages: what is in front of one is done with. */
  const endUpTo = (pageUrl: string | undefined) => {
    const at = inFlight.findIndex((page) => page.pageUrl === pageUrl);
    const ended = inFlight.splice(0, pageUrl === undefined ? inFlight.length : at + 1);
    for (const { url, isPage } of ended) buffer.end(url, isPage ? "pages" : "dropped");
  };
  let sending: Promise<void> = Promise.resolve();
  const send = () => sending = sending.then(sendOnce);
  async function sendOnce(): Promise<void> {
    // Before any wait: of a page that is done with, all links must be known, or who comes next lacks them.
    const links = found();
    const taken = buffer.isEmpty ? undefined : buffer.take({ owner: lease.revision });
    const places = [lastLinks];
    for (const [to, part] of byShard(links)) {
      const message: FoundLinks = { links: part };
      const id = `${session}.${linkMessages++}`;
      const bytes = new TextEncoder().encode(JSON.stringify(message));
      lastLinks = { id, sequence: await publish(names.url(to), bytes, { cluster, id, signal }) };
      places.push(lastLinks);
    }
    // So none is missing before the last one, as long as that is there.
    await checkThere(run, places.slice(0, -1));
    if (taken === undefined) return;
    const { done } = taken;
    const chunk = { ...taken, ...(done && { done: { ...done, links: lastLinks } }) };
    const bytes = encodeChunk(chunk);
    await publish(names.doc(source), bytes, {
      cluster,
      id: chunkId(chunk),
      offer: `${lease.revision}`,
      signal,
      onFull: () => options.onFull(true),
    });
    options.onFull(false);
    sent++;
    counts.add("documents", chunk.documents.length);
    counts.add("bytes", bytes.byteLength);
  }

  const tell = async (idle: boolean) => {
    const links = [addresses.last, lastLinks].filter((place) => place !== undefined);
    const { applied } = addresses;
    await state.write({ applied: idle ? applied : 0, links, sent, idle, basis: done.basis });
  };
  for (;;) {
    const before = addresses.last;
    const arrived = addresses.take();
    if (arrived.length > 0) await checkThere(run, [before]);
    for (const { links } of arrived) {
      const isDone = (url: string) =>
        done.pages.has(url) ? "done" : done.dropped.has(url) ? "dropped" : "queued";
      inner.import(links.map(([url, depth]) => ({ url, depth, state: isDone(url) })));
    }
    if (inner.queued > 0) {
      await tell(false);
      await crawlQueued();
    }
    if (addresses.isEmpty) {
      await checkThere(run, [addresses.last, lastLinks]);
      // The broker may have forgotten what was told before.
      await tell(true);
      await addresses.more(signal);
    }
  }

  async function crawlQueued(): Promise<void> {
    const onDrop = (drop: Drop) => buffer.drop(drop);
    const meter = new StageMeter("crawl", onDrop);
    const pages = crawl({
      frontier,
      maxPages: settings.maxPages,
      languages: settings.languages ?? [],
      ...(settings.render ? { render: { chromium: RENDERING.chromium.defaultValue } } : {}),
      scope,
      delayMs: settings.delayMs,
      seed: settings.seed,
      userAgent: settings.userAgent,
      ...(node.options.contact === undefined ? {} : { contact: node.options.contact }),
      allowPrivate: settings.allowPrivate,
      mayFollow,
      meter,
      signal,
    }).pipeThrough(
      new TransformStream<Page, Page>({
        transform(page, controller) {
          const handed = inFlight.find(({ isPage, pageUrl }) => isPage && pageUrl === undefined);
          if (handed) handed.pageUrl = page.url;
          buffer.page();
          counts.add("pages");
          controller.enqueue(page);
        },
      }),
    );
    const failed = new AbortController();
    const timer = setInterval(() => {
      send().catch((error) => failed.abort(error));
    }, CHUNK_MS);
    try {
      for await (const document of await options.stages.documents(pages, onDrop)) {
        failed.signal.throwIfAborted();
        lease.check();
        if (isBarrier(document)) continue;
        buffer.add(document);
        endUpTo(document.url);
        if (buffer.isFull) await send();
      }
    } finally {
      clearInterval(timer);
    }
    endUpTo(undefined);
    await send();
  }
}

/** Replaces the state of a shard, by compare-and-set: an owner that was replaced cannot. */
async function claimState({ node: { run }, shard, lease }: ShardCrawlOptions) {
  const key = shardKey(shard);
  const entry = await run.bucket.get(key);
  let revision = entry?.revision ?? 0;
  const write = async (state: Omit<ShardState, "owner">) => {
    const text = JSON.stringify({ owner: lease.revision, ...state });
    for (;;) {
      lease.check();
      try {
        revision = await (revision === 0
          ? run.bucket.create(key, text)
          : run.bucket.update(key, text, revision));
        return;
      } catch (error) {
        if (isConflict(error)) {
          const now = await run.bucket.get(key);
          if (now?.json<ShardState>().owner !== lease.revision) {
            throw new LostLease(`Cannot crawl shard ${shard} any longer: another node does`);
          }
          revision = now.revision;
        } else if (!isAway(error)) throw error;
        await pause(POLL_MS, lease.signal);
      }
    }
  };
  await write({ applied: 0, links: [], sent: 0, idle: false, basis: {} });
  return { write };
}

/** The messages of addresses of a shard, from the first on. */
async function followAddresses({ node: { run }, shard }: ShardCrawlOptions) {
  const { js } = run.cluster;
  const consumer = await js.consumers.get(run.names.streams.url, {
    filter_subjects: run.names.url(shard),
    deliver_policy: DeliverPolicy.All,
  });
  let waiting: FoundLinks[] = [];
  let applied = 0;
  let last: LinkPlace | undefined, lastWaiting: LinkPlace | undefined;
  let arrived = Promise.withResolvers<void>();
  const messages = await consumer.consume({
    callback(message: JsMsg) {
      waiting.push(message.json<FoundLinks>());
      lastWaiting = { sequence: message.seq, id: message.headers?.get(VALUE_ID) ?? "" };
      arrived.resolve();
    },
  });
  return {
    get applied() {
      return applied;
    },
    /** The last of those. */
    get last() {
      return last;
    },
    get isEmpty() {
      return waiting.length === 0;
    },
    take(): FoundLinks[] {
      applied += waiting.length;
      last = lastWaiting;
      const taken = waiting;
      waiting = [];
      arrived = Promise.withResolvers();
      return taken;
    },
    /** Resolves when there are more, and now and then without. */
    async more(signal: AbortSignal): Promise<void> {
      const over = new AbortController();
      const waited = pause(IDLE_MS, AbortSignal.any([signal, over.signal]));
      await Promise.race([arrived.promise, waited]);
      over.abort();
      await waited.catch(() => signal.throwIfAborted());
    },
    async [Symbol.asyncDispose]() {
      await messages.close();
    },
  };
}

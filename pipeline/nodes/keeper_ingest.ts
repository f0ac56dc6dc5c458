/**
 * The front of a run whose pages other machines turn into documents: these arrive by the broker, and
 * go on in the order in which one machine would have made them.
 *
 * @module
 */
import { join } from "node:path";
import { fromStream } from "../../cluster/from_stream.ts";
import type { Lease } from "../../cluster/lease.ts";
import { publish } from "../../cluster/to_stream.ts";
import type { Mark } from "../../stages/journal/mod.ts";
import { stamp } from "../../stages/barrier.ts";
import { generated } from "../../stages/flow.ts";
import { refine } from "../../stages/refine/mod.ts";
import type { Barrier, Document } from "../../stages/types.ts";
import { inTurn } from "../ingest/custom_stages.ts";
import { type Ingest, type IngestOptions, openIngestEnd } from "../ingest/ingest.ts";
import { type Chunk, placeOf } from "./chunk.ts";
import { openConsumer } from "./consumers.ts";
import type { Fence } from "./fence.ts";
import type { Mirror } from "./mirror.ts";
import type { Node, RoleCounts } from "./node.ts";
import { openOffers } from "./part_offers.ts";
import { merged } from "./merged.ts";
import { PartOrder, type PartPlace } from "./part_order.ts";
import {
  openShardIntake,
  readShardPlaces,
  type ShardCursor,
  type ShardIntake,
} from "./shard_intake.ts";

/** Characters of documents, and time, after which what has arrived is marked. */
const MARK_CHARS = 4 * 2 ** 20, MARK_MS = 1_000;
const REMIND_MS = 5_000;

/** What the keeper's ingest has besides that of one machine. */
export interface KeeperIngestOptions {
  readonly node: Node;
  readonly lease: Lease;
  readonly fence: Fence;
  /** Brings what is on the disk to the broker; absent where keepers share one. */
  readonly mirror: Mirror | undefined;
  readonly counts: RoleCounts;
}

/** Where each source stands, as the mark of a run has it. */
interface Places {
  readonly parts: PartPlace;
  readonly shards?: ShardCursor;
}

/** A chunk, and the place of its source behind its documents. */
interface Arrival {
  readonly chunk: Chunk;
  readonly behind: Partial<Places>;
}

/** Opens the streams of a run, to be read by the holder of its lease. */
export async function openKeeperIngest(
  ingestOptions: IngestOptions,
  { node, lease, fence, mirror, counts }: KeeperIngestOptions,
): Promise<Ingest> {
  const { sources, paths, mark, settings, stop } = ingestOptions;
  const { run, options } = node;
  await using resources = new AsyncDisposableStack();
  const end = resources.use(await openIngestEnd(ingestOptions));
  const { passedOver } = end;
  const ofCrawl = end.meter("crawl"), ofRead = end.meter("read");
  const meters = [ofCrawl, ofRead, end.meters.extract, end.meters.refine];
  const meterOf = (name: string) => meters.find((meter) => meter.counts().name === name) ?? ofRead;
  const place = readPlace(mark?.cursors.parts);
  let intake: ShardIntake | undefined;
  const order = await PartOrder.open(join(paths.root, "arriving"), place);
  const offers = await openOffers({
    run,
    paths: sources.paths,
    allFiles: settings.allFiles,
    except: [paths.root],
    partBytes: options.partBytes,
    onSkip: passedOver.skip,
    meter: ofRead,
    revision: lease.revision,
    from: place.part,
    signal: stop,
  });

  /** Takes chunks of parts from the broker, in whichever order they come. */
  async function receive(signal: AbortSignal): Promise<void> {
    const open = () =>
      openConsumer(run, {
        stream: run.names.streams.doc,
        name: "parts",
        filter: run.names.doc("p*"),
      });
    const deliveries = fromStream(open, { decode: (bytes) => bytes, signal });
    for await (const delivery of deliveries) {
      counts.lag = delivery.pending;
      const { source, sequence } = placeOf(delivery.id);
      const isNew = await order.put({ part: Number(source.slice(1)), sequence }, delivery.value);
      if (!isNew) counts.add("twice");
      delivery.ack();
    }
  }

  /** Counts what a chunk says of the stages before. */
  function count({ source, pages, documents, drops }: Chunk): void {
    for (let i = 0; i < pages; i++) (source.startsWith("s") ? ofCrawl : ofRead).out(0);
    for (const { stage, ...drop } of drops) meterOf(stage).drop(drop);
    counts.add("documents", documents.length);
    counts.add("dropped", drops.length);
  }

  async function* arrivals(cancelled: AbortSignal): AsyncGenerator<Document | Barrier, void> {
    const ended = new AbortController();
    const signal = AbortSignal.any([stop, cancelled, lease.signal, ended.signal]);
    signal.addEventListener("abort", () => order.wake());
    const receiving = receive(signal).catch((error) => ended.abort(error));
    const reminding = setInterval(() => {
      offers.remind(order.place).catch((error) => ended.abort(error));
    }, REMIND_MS);
    if (sources.urls.length > 0) {
      intake = await openShardIntake({
        node,
        seeds: sources.urls,
        from: readShardPlaces(mark?.cursors.shards),
        counts,
        signal,
        lease,
        fence,
      });
    }
    const nextPart = async () => {
      if (!await offers.want(order.place.part)) return undefined;
      counts.waitsFor = `documents of part ${order.place.part}`;
      const chunk = await order.take(signal);
      counts.waitsFor = undefined;
      return { chunk, behind: { parts: order.place } };
    };
    const nextPages = async () => {
      const taken = await intake?.next();
      return taken && { chunk: taken.chunk, behind: { shards: taken.cursor } };
    };
    // A source may have taken its next chunk already, whose documents come behind the barrier.
    let passed: Places = places();
    let since = performance.now(), chars = 0, isMarked = true;
    try {
      for await (const arrived of merged<Arrival>([nextPart, nextPages], MARK_MS)) {
        if (arrived !== undefined) {
          const { chunk, behind } = arrived;
          isMarked = false;
          count(chunk);
          for (const document of chunk.documents) {
            lease.check();
            chars += document.text.length;
            yield document;
          }
          passed = { ...passed, ...behind };
        }
        const isDue = chars >= MARK_CHARS || performance.now() - since >= MARK_MS;
        if (isMarked || !isDue) continue;
        [since, chars, isMarked] = [performance.now(), 0, true];
        yield stamp({ cursors: {} }, { ...passed });
      }
      yield stamp({ cursors: {} }, { ...places() });
    } finally {
      clearInterval(reminding);
      ended.abort(new DOMException("all has arrived", "AbortError"));
      await receiving;
    }
  }
  /** Behind all that was taken. */
  const places = (): Places => ({
    parts: order.place,
    ...(intake ? { shards: intake.cursor() } : {}),
  });

  let storedParts = place.part;
  const held = resources.move();
  return {
    documents: () =>
      generated(arrivals)
        .pipeThrough(refine({ ...end.refine, only: "corpus" }))
        .pipeThrough(inTurn(end.custom.refine)),
    isNew: end.isNew,
    meters,
    sources: [ofCrawl, ofRead],
    passedOver: () => passedOver.lines(),
    cutShort: () => undefined,
    stored() {},
    async marked({ documents, cursors }: Mark) {
      await mirror?.sync();
      await fence.mark({ documents });
      // The cursor of a barrier that this keeper sent.
      await intake?.marked(cursors.shards as ShardCursor);
      const { part } = readPlace(cursors.parts);
      for (; storedParts < part; storedParts++) {
        const source = `p${storedParts}`;
        const bytes = new TextEncoder().encode(JSON.stringify({ lease: lease.revision }));
        await publish(run.names.stored(source), bytes, {
          cluster: run.cluster,
          id: `stored.${source}`,
          signal: lease.signal,
        });
      }
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function readPlace(cursor: unknown): PartPlace {
  const { part = 0, sequence = 0 } = cursor as Partial<PartPlace> | undefined ?? {};
  return { part, sequence };
}

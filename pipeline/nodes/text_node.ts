/**
 * The role `text`: parts of files to documents.
 *
 * @module
 */
import { type Delivery, fromStream } from "../../cluster/from_stream.ts";
import { publish } from "../../cluster/to_stream.ts";
import { type Drop, StageMeter } from "../../stages/meter.ts";
import { isBarrier } from "../../stages/barrier.ts";
import { type ReadPart, readPart } from "../../stages/read/mod.ts";
import { reasonOf } from "../../cli/failure.ts";
import { type Chunk, ChunkBuffer, chunkId, encodeChunk } from "./chunk.ts";
import { ACK_MS, openConsumer } from "./consumers.ts";
import { type Node, type RoleAtWork, RoleCounts } from "./node.ts";
import { openTextStages, type TextStages } from "./text_stages.ts";

/** Time until a part that this node cannot read is offered again, to whichever node. */
const REFUSED_MS = 3_000;

/** A part on its way to a text node. */
export interface PartTask {
  readonly part: number;
  /** Which offer of it this is; makes the messages of each offer their own. */
  readonly offer: string;
  readonly files: ReadPart["files"];
}

/** Takes parts from the queue, one at a time, until the node stops. */
export function textNode(node: Node): RoleAtWork {
  const counts = new RoleCounts();
  const at = { parts: [] as number[], waitsFor: "parts" as string | undefined };
  return {
    state: () => ({
      role: "text",
      active: true,
      counts: counts.all,
      owns: at.parts,
      ...(at.waitsFor === undefined ? {} : { waitsFor: at.waitsFor }),
    }),
    done: work(node, { counts, at }),
  };
}

interface Progress {
  readonly counts: RoleCounts;
  readonly at: { parts: number[]; waitsFor: string | undefined };
}

async function work(node: Node, progress: Progress): Promise<void> {
  const { run, settings, stop, note } = node;
  const { counts, at } = progress;
  await using stages = await openTextStages({ settings, signal: stop });
  const deliveries = fromStream(
    () =>
      openConsumer(run, {
        stream: run.names.streams.part,
        name: "text",
        filter: run.names.part("*"),
      }),
    { decode: (bytes): PartTask => JSON.parse(new TextDecoder().decode(bytes)), signal: stop },
  );
  const told = new Set<string>();
  try {
    for await (const delivery of deliveries) {
      at.parts = [delivery.value.part];
      at.waitsFor = undefined;
      const holding = setInterval(() => delivery.working(), ACK_MS / 4);
      try {
        const buffer = new ChunkBuffer(`p${delivery.value.part}`);
        await convert(delivery, { ...progress, node, stages, buffer });
        delivery.ack();
        counts.add("parts");
      } catch (error) {
        stop.throwIfAborted();
        // Another node may have the file.
        const line = `part ${delivery.value.part} is given back: ${reasonOf(error)}`;
        if (!told.has(line)) note(line);
        told.add(line);
        delivery.nak(REFUSED_MS);
        counts.add("refused");
      } finally {
        clearInterval(holding);
        at.parts = [];
        at.waitsFor = "parts";
      }
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

/** Reads one part and publishes its documents in chunks whose ends depend on the texts alone. */
async function convert(
  { value: { offer, files } }: Delivery<PartTask>,
  { node, stages, buffer, counts, at }: Progress & {
    node: Node;
    stages: TextStages;
    buffer: ChunkBuffer;
  },
): Promise<void> {
  const { run: { cluster, names }, settings, stop: signal } = node;
  const onDrop = (drop: Drop) => buffer.drop(drop);
  const meter = new StageMeter("read", onDrop);
  /** The chunk on its way: the pages of the next one are read meanwhile. */
  let sending = Promise.resolve();
  const send = async (last: boolean) => {
    const chunk = buffer.take({ last });
    const bytes = encodeChunk(chunk);
    const id = chunkId(chunk);
    await sending;
    sending = publishChunk(chunk, { id, bytes });
    // Heard of where it is waited for.
    sending.catch(() => {});
  };
  const publishChunk = async (
    { source, documents }: Chunk,
    { id, bytes }: { id: string; bytes: Uint8Array },
  ) => {
    const onFull = () => at.waitsFor = "room on the broker";
    await publish(names.doc(source), bytes, { cluster, id, offer, signal, onFull });
    at.waitsFor = undefined;
    counts.add("documents", documents.length);
    counts.add("bytes", bytes.byteLength);
  };
  const pages = readPart({ files }, { textField: settings.textField, meter, signal })
    .pipeThrough(
      new TransformStream({
        transform(page, controller) {
          buffer.page();
          counts.add("pages");
          controller.enqueue(page);
        },
      }),
    );
  for await (const document of await stages.documents(pages, onDrop)) {
    if (isBarrier(document)) continue;
    buffer.add(document);
    if (buffer.isFull) await send(false);
  }
  await send(true);
  await sending;
}

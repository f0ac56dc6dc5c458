/**
 * Puts parts of files on the queue of the text nodes: a few ahead of the one that is wanted next.
 *
 * @module
 */
import { type OnSkip, planParts } from "../../stages/read/mod.ts";
import type { StageMeter } from "../../stages/meter.ts";
import { publish } from "../../cluster/to_stream.ts";
import type { ClusterRun } from "../../cluster/run.ts";
import type { PartPlace } from "./part_order.ts";
import type { PartTask } from "./text_node.ts";

/** Parts that may be with text nodes, or wait behind the next one, at a time. */
const AHEAD = 24;
/** A part that is wanted and of which nothing comes is offered again after this long, then twice it. */
const FIRST_WAIT_MS = 60_000;

/** Options of {@linkcode openOffers}. */
export interface OfferOptions {
  readonly run: ClusterRun;
  readonly paths: readonly string[];
  readonly allFiles: boolean;
  readonly except: readonly string[];
  readonly partBytes: number;
  readonly onSkip: OnSkip;
  /** Hears of files that cannot be in a part. */
  readonly meter: StageMeter;
  /** Revision of the keeper's lease: another keeper's offers are others. */
  readonly revision: number;
  /** The part that is wanted first; those before it are in the journal. */
  readonly from: number;
  readonly signal: AbortSignal;
}

/** The parts of a run, as far as they are planned. */
export interface Offers {
  /** Offers parts up to a window behind `part`; false where there is no such part. */
  want(part: number): Promise<boolean>;
  /** Offers the wanted part once more when nothing of it has come for long; call it while waiting. */
  remind(wanted: PartPlace): Promise<void>;
}

/** Plans the parts from the first on, and empties the queue of what another keeper has offered. */
export async function openOffers(options: OfferOptions): Promise<Offers> {
  const { run, revision, from, signal, meter } = options;
  const { cluster, names } = run;
  await cluster.manager.streams.purge(names.streams.part);
  const parts = planParts({
    paths: options.paths,
    allFiles: options.allFiles,
    except: options.except,
    partBytes: options.partBytes,
    skip: options.onSkip,
    drop: (drop) => meter.drop(drop),
  });
  /** Offered and not yet passed. */
  const tasks = new Map<number, PartTask>();
  let planned = 0, isEnd = false;
  const waited = { part: -1, sequence: -1, since: 0, ms: FIRST_WAIT_MS, times: 0 };
  const offer = async (task: PartTask) => {
    const bytes = new TextEncoder().encode(JSON.stringify(task));
    const id = `part.${task.part}`;
    await publish(names.part(task.part), bytes, { cluster, id, offer: task.offer, signal });
  };
  return {
    async want(part) {
      for (const old of tasks.keys()) if (old < part) tasks.delete(old);
      while (!isEnd && planned < part + AHEAD) {
        const { done, value } = await parts.next();
        if (done) {
          isEnd = true;
          break;
        }
        const number = planned++;
        if (number < from) continue;
        const task = { part: number, offer: `${revision}`, files: value.files };
        tasks.set(number, task);
        await offer(task);
      }
      return part < planned;
    },
    async remind({ part, sequence }) {
      const now = performance.now();
      if (waited.part !== part) {
        Object.assign(waited, { part, sequence, since: now, ms: FIRST_WAIT_MS, times: 0 });
      } else if (waited.sequence !== sequence) Object.assign(waited, { sequence, since: now });
      const task = tasks.get(part);
      if (task === undefined || now - waited.since < waited.ms) return;
      Object.assign(waited, { since: now, ms: 2 * waited.ms, times: waited.times + 1 });
      await offer({ ...task, offer: `${revision}-${waited.times}` });
    },
  };
}

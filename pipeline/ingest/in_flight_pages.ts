/**
 * Tracks the pages of a crawl between the fetch and the disk. Pages that are written or dropped for
 * good are acknowledged to the frontier in batches, after the output files are synced.
 *
 * @module
 */
import type { Frontier } from "../../stages/crawl/mod.ts";
import type { WarcPlace } from "../../stages/types.ts";
import type { OutputFile } from "./crawl_files.ts";

/** Bytes of documents, or number of pages, after which files are synced and pages acknowledged. */
const BATCH_BYTES = 2 ** 20, BATCH_PAGES = 1000;

interface InFlightPage {
  /** Lengths of the archive's files just after the page was appended. */
  readonly positions: Readonly<Record<string, number>>;
  readonly warc?: WarcPlace;
  ended: boolean;
}

/** The pages in flight, in the order of the crawl. */
export interface InFlightPages {
  /** Adds a page. */
  begin(url: string, place: Omit<InFlightPage, "ended">): void;
  warcOf(url: string): WarcPlace | undefined;
  /** Declares a page written or dropped. */
  end(url: string): void;
  /** Syncs and acknowledges the leading pages that have ended, if a batch of them is due. */
  acknowledgeIfMany(): Promise<void>;
  /** The same without waiting for a batch; with `all` every page counts as ended. */
  finish(options: { all: boolean }): Promise<void>;
}

/** Opens the tracker of one session; documents go to `output`, known to the frontier as `path`. */
export function openInFlightPages(
  { frontier, output, path, syncArchive }: {
    frontier: Frontier;
    output: OutputFile;
    path: string;
    syncArchive: () => Promise<void>;
  },
): InFlightPages {
  const inFlight = new Map<string, InFlightPage>();
  let syncedBytes = output.length;
  let endedPages = 0;
  // One at a time, so that lengths never decrease.
  let turn: Promise<void> = Promise.resolve();

  async function acknowledge(): Promise<void> {
    let last: { url: string; page: InFlightPage } | undefined;
    for (const [url, page] of inFlight) {
      if (!page.ended) break;
      inFlight.delete(url);
      last = { url, page };
    }
    endedPages = 0;
    if (last === undefined) return;
    // Documents of pages still in flight are written after this length.
    const length = output.length;
    await Promise.all([output.sync(), syncArchive()]);
    frontier.acknowledge(last.url, { ...last.page.positions, [path]: length });
    syncedBytes = length;
  }

  const inTurn = () => turn = turn.then(acknowledge);
  return {
    begin: (url, place) => void inFlight.set(url, { ...place, ended: false }),
    warcOf: (url) => inFlight.get(url)?.warc,
    end(url) {
      const page = inFlight.get(url);
      if (page === undefined) return;
      page.ended = true;
      endedPages++;
    },
    async acknowledgeIfMany() {
      if (endedPages >= BATCH_PAGES || output.length - syncedBytes >= BATCH_BYTES) await inTurn();
    },
    async finish({ all }) {
      if (all) { for (const page of inFlight.values()) page.ended = true; }
      await inTurn();
    },
  };
}

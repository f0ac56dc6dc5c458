/**
 * Which pages of a crawl are through: written or dropped for good. They are acknowledged to the
 * frontier in batches, once what was written of them is sure.
 *
 * @module
 */
import type { Frontier } from "../../stages/crawl/mod.ts";
import type { WarcPlace } from "../../stages/types.ts";
import type { OutputFile } from "./crawl_files.ts";

/** Bytes of documents, or pages, after which what is written is made sure. */
const BATCH_BYTES = 2 ** 20, BATCH_PAGES = 1000;

interface Mark {
  /** Lengths of the archive's files when the page had been put there. */
  readonly positions: Readonly<Record<string, number>>;
  readonly warc?: WarcPlace;
  ended: boolean;
}

/** The pages that are on their way, in their order. */
export interface Marks {
  /** A page begins its way. */
  begin(url: string, place: Omit<Mark, "ended">): void;
  warcOf(url: string): WarcPlace | undefined;
  /** Nothing more will come of the page. */
  end(url: string): void;
  /** Makes sure of the pages that ended before any that did not, if they are many. */
  settle(): Promise<void>;
  /** The same, however few they are; with `all` every page counts as ended. */
  finish(options: { all: boolean }): Promise<void>;
}

/** Opens the marks of one sitting; documents go to `output`, known to the frontier as `path`. */
export function openMarks(
  { frontier, output, path, syncArchive }: {
    frontier: Frontier;
    output: OutputFile;
    path: string;
    syncArchive: () => Promise<void>;
  },
): Marks {
  const marks = new Map<string, Mark>();
  let sureBytes = output.length;
  let endedPages = 0;
  // One after the other, so that lengths never go back.
  let turn: Promise<void> = Promise.resolve();

  async function acknowledge(): Promise<void> {
    let last: { url: string; mark: Mark } | undefined;
    for (const [url, mark] of marks) {
      if (!mark.ended) break;
      marks.delete(url);
      last = { url, mark };
    }
    endedPages = 0;
    if (last === undefined) return;
    // Documents of pages that are not through yet come later than this.
    const length = output.length;
    await Promise.all([output.sync(), syncArchive()]);
    frontier.acknowledge(last.url, { ...last.mark.positions, [path]: length });
    sureBytes = length;
  }

  const inTurn = () => turn = turn.then(acknowledge);
  return {
    begin: (url, place) => void marks.set(url, { ...place, ended: false }),
    warcOf: (url) => marks.get(url)?.warc,
    end(url) {
      const mark = marks.get(url);
      if (mark === undefined) return;
      mark.ended = true;
      endedPages++;
    },
    async settle() {
      if (endedPages >= BATCH_PAGES || output.length - sureBytes >= BATCH_BYTES) await inTurn();
    },
    async finish({ all }) {
      if (all) { for (const mark of marks.values()) mark.ended = true; }
      await inTurn();
    },
  };
}

/**
 * The read stage: from files and folders to pages.
 *
 * @module
 */
import { resolve } from "node:path";
import { BARRIER_BYTES, stamp } from "../barrier.ts";
import { StageMeter } from "../meter.ts";
import type { Barrier, Page } from "../types.ts";
import { pagesAfter, type ReadCursor } from "./cursor.ts";
import type { OnSkip } from "./ignored.ts";
import { findSource } from "./walk.ts";

export { type ReadCursor, readReadCursor } from "./cursor.ts";
export type { OnSkip, SkipKind } from "./ignored.ts";
export { isReadByName, READ_KINDS } from "./format.ts";
export {
  type PlanOptions,
  planParts,
  type ReadPart,
  readPart,
  type ReadPartOptions,
} from "./plan.ts";
export { findSource, holdsReadable, type Source, STDIN } from "./walk.ts";

/** Options of {@linkcode read}. */
export interface ReadOptions<B extends Barrier = never> {
  /** Files and folders, read in this order; folders recursively, sorted by name; `-` is stdin. */
  readonly paths: readonly string[];
  /**
   * Whether folders are read with all that is in them: `.git`, `node_modules`, hidden files and
   * folders, and what .gitignore files in them name.
   */
  readonly allFiles?: boolean;
  /** Folders among those that are passed over in any case. */
  readonly except?: readonly string[];
  /** Hears why each entry of a folder is passed over. */
  readonly onSkip?: OnSkip;
  /** Field of a JSONL record, or column of a table, that holds the text. */
  readonly textField?: string;
  /** Cap on a web page and on a record; long text files are split instead. */
  readonly maxFileBytes?: number;
  /** Cap on a document that is read whole, such as PDF. */
  readonly maxDocumentBytes?: number;
  /** What such a document may take until something comes out of it. */
  readonly maxDocumentMs?: number;
  /** Cap on one page of a long text file. */
  readonly maxPartBytes?: number;
  /** Where an earlier reading stood; what came before is not read again. */
  readonly cursor?: ReadCursor;
  /** Handed on after each so many bytes of pages, and at the end; none otherwise. */
  readonly barrier?: B;
  /** Bytes of pages between two barriers; 4 MiB by default. */
  readonly barrierBytes?: number;
  /**
   * Counts what comes in and goes out, and where the time goes; off by default.
   */
  readonly meter?: StageMeter;
  /** Errors the stream with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Reads web pages, text, records, tables and documents, plain or in gzip or zstd; docs/reading.md has the formats. A
 * JSONL record becomes a page named `file:///path#line=12`; a text file longer than `maxPartBytes`
 * becomes several, named `#part=1` and so on; a page in a WARC file keeps its address. What cannot
 * be read is dropped with its reason. Needs read permission for `paths`.
 *
 * @throws {Deno.errors.NotFound} when a path does not exist
 * @throws {TypeError} when a path names a file of a format that is not read
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { read } from "./mod.ts";
 * const path = await Deno.makeTempFile({ suffix: ".jsonl" });
 * await Deno.writeTextFile(path, '{"text":"one"}\n{"text":"two"}\n');
 * const pages = await Array.fromAsync(read({ paths: [path] }));
 * assertEquals(new TextDecoder().decode(pages[1]?.body), "two");
 * ```
 */
export function read<B extends Barrier = never>({
  paths,
  allFiles = false,
  except = [],
  onSkip = () => {},
  textField = "text",
  maxFileBytes = 8 * 2 ** 20,
  maxDocumentBytes = 64 * 2 ** 20,
  maxDocumentMs = 60_000,
  maxPartBytes = 4 * 2 ** 20,
  cursor,
  barrier,
  barrierBytes = BARRIER_BYTES,
  meter = new StageMeter("read"),
  signal,
}: ReadOptions<B>): ReadableStream<Page | B> {
  const sources = paths.map(findSource);
  const drop = meter.drop.bind(meter);
  const caps = { maxFileBytes, maxDocumentBytes, maxDocumentMs, maxPartBytes };
  const folders = { allFiles, except: except.map((path) => resolve(path)), skip: onSkip };
  const pages = pagesAfter(sources, { textField, ...caps, ...folders, drop, cursor, signal });
  let abort: () => void = () => {};
  const release = async () => {
    signal?.removeEventListener("abort", abort);
    await pages.return(undefined);
  };
  let sinceBarrier = 0;
  const passing = (): B | undefined => {
    sinceBarrier = 0;
    return barrier && cursor && stamp(barrier, { read: cursor });
  };
  return new ReadableStream<Page | B>({
    start(controller) {
      signal?.throwIfAborted();
      abort = () => {
        controller.error(signal?.reason);
        release();
      };
      signal?.addEventListener("abort", abort);
    },
    async pull(controller) {
      const due = sinceBarrier >= barrierBytes ? passing() : undefined;
      if (due) return controller.enqueue(due);
      meter.phase("busy");
      const { done, value } = await pages.next();
      meter.phase("blocked");
      if (signal?.aborted) return;
      if (done) {
        const last = passing();
        if (last) controller.enqueue(last);
        signal?.removeEventListener("abort", abort);
        controller.close();
        return;
      }
      const { page } = value;
      cursor = value.cursor;
      sinceBarrier += page.body.byteLength;
      meter.in(page.body.byteLength);
      meter.out(page.body.byteLength);
      controller.enqueue(page);
    },
    cancel: release,
  }, { highWaterMark: 0 });
}

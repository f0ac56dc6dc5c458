/**
 * The front of the pipeline: crawl and read, extract, refine, each document stored once.
 *
 * @module
 */
import { crawl, type Frontier, openFrontier } from "../stages/crawl/mod.ts";
import { extract } from "../stages/extract/mod.ts";
import type { Journal, Mark } from "../stages/journal/mod.ts";
import { type Drop, StageMeter } from "../stages/meter.ts";
import { read, readReadCursor } from "../stages/read/mod.ts";
import { openSeenTexts, refine } from "../stages/refine/mod.ts";
import type { Barrier, Document, Page } from "../stages/types.ts";
import { watched } from "../stages/watched.ts";
import type { RunPaths } from "./run_folder.ts";
import type { Sources } from "./sources.ts";
import { openStoredIds } from "./stored_ids.ts";

/** What {@linkcode openIntake} needs. */
export interface IntakeOptions {
  readonly sources: Sources;
  readonly paths: RunPaths;
  readonly journal: Journal;
  /** Where an earlier sitting's sources stood. */
  readonly mark: Mark | undefined;
  readonly maxPages: number;
  readonly minChars: number;
  readonly textField: string;
  readonly seed: number;
  readonly userAgent: string;
  readonly contact: string | undefined;
  /** Origins that may be on a private address. */
  readonly allowOrigins: readonly string[];
  readonly allowPrivate: boolean;
  readonly stop: AbortSignal;
  readonly onDrop: (drop: Drop) => void;
}

/** Documents on their way to the journal. */
export interface Intake extends AsyncDisposable {
  readonly documents: ReadableStream<Document | Barrier>;
  readonly meters: readonly StageMeter[];
  /** Those of `meters` that count pages as they come in. */
  readonly sources: readonly StageMeter[];
  /** Must be called once a document is on the disk. */
  stored(url: string): void;
}

/** Opens the databases of the run folder and the streams over them. */
export async function openIntake(options: IntakeOptions): Promise<Intake> {
  const { sources, paths, journal, stop, onDrop } = options;
  await using resources = new AsyncDisposableStack();
  const seen = resources.use(openSeenTexts(paths.seenTexts));
  const stored = resources.use(await openStoredIds(paths.storedIds, { journal }));
  const meters: StageMeter[] = [];
  const meter = (name: string) => {
    meters.push(new StageMeter(name, onDrop));
    return meters.at(-1) as StageMeter;
  };
  const inputs: ReadableStream<Page | Barrier>[] = [];
  const barrier: Barrier = { cursors: {} };
  let frontier: Frontier | undefined;
  if (sources.urls.length > 0) {
    frontier = resources.use(openFrontier(paths.frontier));
    frontier.seed(sources.urls);
    inputs.push(crawl<Barrier>({
      barrier,
      frontier,
      maxPages: options.maxPages,
      seed: options.seed,
      userAgent: options.userAgent,
      ...(options.contact === undefined ? {} : { contact: options.contact }),
      allowOrigins: options.allowOrigins,
      allowPrivate: options.allowPrivate,
      meter: meter("crawl"),
      signal: stop,
    }));
  }
  if (sources.paths.length > 0) {
    const cursor = readReadCursor(options.mark?.cursors.read);
    inputs.push(read<Barrier>({
      barrier,
      ...(cursor ? { cursor } : {}),
      paths: sources.paths,
      textField: options.textField,
      meter: meter("read"),
      signal: stop,
    }));
  }
  const ofExtract = meter("extract"), ofRefine = meter("refine");
  const documents = ReadableStream.from(oneAfterAnother(inputs))
    .pipeThrough(watched(extract<Barrier>({ meter: ofExtract, signal: stop }), ofExtract))
    .pipeThrough(
      watched(refine<Barrier>({ seen, minChars: options.minChars, meter: ofRefine }), ofRefine),
    )
    .pipeThrough(stored.skip());
  const held = resources.move();
  return {
    documents,
    meters,
    sources: meters.slice(0, inputs.length),
    stored(url) {
      // Files have no place in the frontier; a second reading skips what is stored.
      if (!url.startsWith("file:")) frontier?.acknowledge(url);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function* oneAfterAnother<T>(streams: readonly ReadableStream<T>[]): AsyncGenerator<T> {
  for (const stream of streams) yield* stream;
}

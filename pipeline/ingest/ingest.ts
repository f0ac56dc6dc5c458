/**
 * Opens the front of a run: its sources, and the resources of extract and refine.
 *
 * @module
 */
import { concatReadableStreams } from "@std/streams";
import { crawl, type Frontier, openFrontier, openScope } from "../../stages/crawl/mod.ts";
import { openExtractors } from "../../stages/extract/mod.ts";
import type { Journal, Mark } from "../../stages/journal/mod.ts";
import { type Drop, StageMeter } from "../../stages/meter.ts";
import { read, readReadCursor } from "../../stages/read/mod.ts";
import { openHeldPages } from "../../stages/site/mod.ts";
import type { Barrier, Document, Page } from "../../stages/types.ts";
import { documentsOf } from "../pipeline.ts";
import { loadStages } from "./custom_stages.ts";
import type { CutShort } from "./summary.ts";
import { countPassedOver } from "../../run/passed_over.ts";
import { openRefinery } from "./refinery.ts";
import { readBlockList } from "../../run/block_list.ts";
import type { RunPaths, RunSettings } from "../../run/folder.ts";
import type { LINKS, MANNERS, RENDERING } from "../../run/settings/crawl.ts";
import type { READING, REFINING, SITE } from "../../run/settings/refine.ts";
import type { SettingsOf } from "../../run/settings/table.ts";
import type { Sources } from "../../run/sources.ts";
import { openStoredIds } from "../../run/stored_ids.ts";

/** Settings of a run that decide which documents come in. */
export type IngestSettings =
  & SettingsOf<
    & typeof LINKS
    & typeof MANNERS
    & typeof READING
    & typeof RENDERING
    & typeof REFINING
    & typeof SITE
  >
  & Pick<RunSettings, "seed">;

/** Options of {@linkcode openIngest}. */
export interface IngestOptions {
  readonly sources: Sources;
  readonly paths: RunPaths;
  /** Its documents are not sent again; absent where nothing is stored. */
  readonly journal?: Journal;
  /** Position of an earlier session's sources. */
  readonly mark: Mark | undefined;
  readonly settings: IngestSettings;
  readonly contact: string | undefined;
  /** Path of the program that renders, where the settings ask for it. */
  readonly chromium: string;
  /** Origins that may be on a private address. */
  readonly allowOrigins: readonly string[];
  readonly stop: AbortSignal;
  readonly onDrop: (drop: Drop) => void;
}

/** The open sources, and the resources of the stages after them. */
export interface Ingest extends AsyncDisposable {
  /** The refined documents of all sources; taken once. */
  documents(): ReadableStream<Document | Barrier>;
  /** Whether a document is new, to this session and to the journal. */
  readonly isNew: (id: string) => boolean;
  readonly meters: readonly StageMeter[];
  /** Those of `meters` that count incoming pages. */
  readonly sources: readonly StageMeter[];
  /** Summary of the files skipped in folders, in a line or two; complete when all files are read. */
  passedOver(): string[];
  /** What remains of a crawl that has stopped at its limit of pages. */
  cutShort(): CutShort | undefined;
  /** Must be called once a document is on the disk. */
  stored(url: string): void;
  /** Called once a barrier of `documents` is on the disk. */
  readonly marked?: (mark: Mark) => Promise<void>;
}

/** What comes behind the sources of a run, wherever its pages are made documents. */
export async function openIngestEnd({ paths, journal, mark, settings, onDrop }: IngestOptions) {
  await using resources = new AsyncDisposableStack();
  const storedIds = journal &&
    resources.use(await openStoredIds(paths.storedIds, { journal }));
  const passedOver = countPassedOver();
  const meter = (name: string) =>
    new StageMeter(name, (drop) => {
      passedOver.drop(drop);
      onDrop(drop);
    });
  const extract = meter("extract"), refine = meter("refine");
  const refinery = resources.use(
    await openRefinery({
      paths,
      settings,
      minChars: settings.minChars,
      dedupAgainst: settings.dedupAgainst,
      ...(journal ? { journal } : {}),
      cursor: mark?.cursors.refine,
      meter: refine,
    }),
  );
  const custom = await loadStages(settings.stages ?? [], { extract, refine });
  const held = resources.move();
  return {
    meter,
    meters: { extract, refine },
    passedOver,
    refine: refinery.options,
    custom,
    isNew: storedIds ? storedIds.isNew : () => true,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Opens the databases of the run folder and the streams over them. */
export async function openIngest(options: IngestOptions): Promise<Ingest> {
  const { sources, paths, settings, stop } = options;
  await using resources = new AsyncDisposableStack();
  const end = resources.use(await openIngestEnd(options));
  const { meter, meters: { extract: ofExtract, refine: ofRefine }, passedOver } = end;
  const ofSources: StageMeter[] = [];
  const sourceMeter = (name: string) => {
    const made = meter(name);
    ofSources.push(made);
    return made;
  };
  const inputs: ReadableStream<Page | Barrier>[] = [];
  const barrier: Barrier = { cursors: {} };
  let frontier: Frontier | undefined;
  if (sources.urls.length > 0) {
    const blockList = readBlockList(settings.blockList);
    frontier = resources.use(openFrontier(paths.frontier));
    frontier.seed(sources.urls);
    inputs.push(crawl<Barrier>({
      barrier,
      frontier,
      maxPages: settings.maxPages,
      languages: settings.languages ?? [],
      ...(settings.render ? { render: { chromium: options.chromium } } : {}),
      scope: openScope({
        include: settings.include,
        exclude: settings.exclude,
        ...(blockList ? { blockList } : {}),
      }),
      delayMs: settings.delayMs,
      seed: settings.seed,
      userAgent: settings.userAgent,
      ...(options.contact === undefined ? {} : { contact: options.contact }),
      allowOrigins: options.allowOrigins,
      allowPrivate: settings.allowPrivate,
      meter: sourceMeter("crawl"),
      signal: stop,
    }));
  }
  if (sources.paths.length > 0) {
    const cursor = readReadCursor(options.mark?.cursors.read);
    inputs.push(read<Barrier>({
      barrier,
      ...(cursor ? { cursor } : {}),
      paths: sources.paths,
      allFiles: settings.allFiles,
      except: [paths.root],
      onSkip: passedOver.skip,
      textField: settings.textField,
      meter: sourceMeter("read"),
      signal: stop,
    }));
  }
  const held = settings.wholeSite
    ? resources.use(openHeldPages(paths.heldPages, options.mark?.cursors.site))
    : undefined;
  const ofSite = held && meter("site");
  const extractors = resources.use(
    openExtractors({
      engine: settings.extract,
      comments: settings.comments === true,
      layout: held !== undefined,
    }),
  );
  const stored = (url: string): void => {
    // Documents that were read have no place in the frontier; a second read skips stored ones.
    if (frontier?.knows(url)) frontier.acknowledge(url);
  };
  const all = resources.move();
  return {
    documents: () =>
      documentsOf({
        custom: end.custom,
        pages: concatReadableStreams(...inputs),
        extract: { extractors, meter: ofExtract, signal: stop },
        ...(held && ofSite ? { site: { held, onHeld: stored, meter: ofSite } } : {}),
        refine: end.refine,
      }),
    isNew: end.isNew,
    meters: [...ofSources, ofExtract, ...(ofSite ? [ofSite] : []), ofRefine],
    sources: ofSources,
    passedOver: () => passedOver.lines(),
    cutShort() {
      const { maxPages } = settings;
      const { pages = 0, queued = 0 } = frontier ?? {};
      return pages >= maxPages && queued > 0 ? { maxPages, queued } : undefined;
    },
    stored,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/**
 * The databases and models of the refine stage, by its settings.
 *
 * @module
 */
import { z } from "zod";
import { join } from "node:path";
import { exists, isFolder } from "../../model/durable.ts";
import type { StageMeter } from "../../stages/meter.ts";
import {
  type JournalView,
  loadLanguageDetector,
  openNearIndex,
  openSeenTexts,
  openSiteLines,
  type RefineOptions,
  type RefineSettings,
} from "../../stages/refine/mod.ts";
import { UsageError } from "../../cli/flags.ts";
import { tell } from "../../cli/print.ts";
import type { RunPaths } from "../../run/folder.ts";
import { type JudgeFiles, openJudges } from "./judges.ts";

/** Options of {@linkcode openRefinery}. */
export interface RefineryOptions {
  readonly paths: Pick<RunPaths, "seenTexts" | "nearTexts" | "siteLines">;
  readonly settings: RefineSettings & JudgeFiles;
  readonly minChars: number;
  /** Run folders, or index files, of other corpora. */
  readonly dedupAgainst: readonly string[];
  /** Journal of the kept documents, which the index of near duplicates is built from. */
  readonly journal?: JournalView;
  readonly meter: StageMeter;
  /** What the stage said of itself at the mark that the run goes on from. */
  readonly cursor?: unknown;
}

/** Resources of the refine stage. */
export interface Refinery extends Disposable {
  readonly options: RefineOptions;
}

/** The part of the refine stage's cursor that is used here. */
const cursorSchema = z.object({ texts: z.int().nonnegative() });

/**
 * Opens the databases that the settings need.
 *
 * @throws {Error} where the database of seen texts has lost some, which would let duplicates in
 */
export async function openRefinery(options: RefineryOptions): Promise<Refinery> {
  const { paths, settings, minChars, journal, meter } = options;
  using resources = new DisposableStack();
  const judges = await openJudges(settings, { note: tell });
  const seen = resources.use(openSeenTexts(paths.seenTexts));
  const expected = cursorSchema.safeParse(options.cursor).data?.texts ?? 0;
  // An empty one was set aside, which its repair has said.
  if (seen.size > 0 && seen.size < expected) {
    throw new Error(
      `Cannot use ${paths.seenTexts}: it has ${seen.size} of the ${expected} texts that were seen, it ` +
        "is damaged; `deno task repair RUN` says what can be saved",
    );
  }
  const near = settings.nearDuplicates
    ? resources.use(
      openNearIndex(paths.nearTexts, { others: await findIndexes(options.dedupAgainst) }),
    )
    : undefined;
  if (near && journal) await near.agreeWith(journal);
  const lines = settings.repeatedLines > 0
    ? resources.use(openSiteLines(paths.siteLines, { pages: settings.repeatedLines }))
    : undefined;
  const detectLanguage = settings.languages ? await loadLanguageDetector() : undefined;
  const opened: RefineOptions = {
    seen,
    ...(near ? { near } : {}),
    ...(lines ? { lines } : {}),
    ...(detectLanguage ? { detectLanguage } : {}),
    ...judges,
    settings,
    minChars,
    meter,
  };
  const held = resources.move();
  return { options: opened, [Symbol.dispose]: () => held.dispose() };
}

/**
 * Index files of near duplicates: those in run folders, and those named themselves.
 *
 * @throws {UsageError} for a path that is neither
 */
export async function findIndexes(named: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of named) {
    const file = await isFolder(path) ? join(path, "near.sqlite") : path;
    if (!await exists(file)) {
      throw new UsageError(
        `Cannot use --dedup-against ${path}: it is neither a run made with --near-duplicates nor ` +
          `an index file`,
      );
    }
    files.push(file);
  }
  return files;
}
